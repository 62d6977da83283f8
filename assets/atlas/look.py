"""How the atlas looks and the little it does by itself: nothing is loaded from elsewhere."""

import base64
import hashlib
from typing import Final

from assets.maps import palette
from quality.report.look import STYLE as SHARED


def _colours(name: str, *, is_high_bad: bool | None) -> str:
    """The five colours of a map; the darkest is dotted, too."""
    shades = palette(is_high_bad=is_high_bad)
    rules = [
        f".{name} .k{n}{{fill:{one}}}.linee .{name} .k{n},.{name} .linee .k{n}{{stroke:{one}}}"
        for n, one in enumerate(shades)
    ]
    return (
        "".join(rules)
        + f".{name} .aree .k4,.{name} rect.k4{{fill:url(#{name})}}"
        # A small map has no dots: the page of the city does not draw them for each.
        + f".{name} .piccola .k4,.fondo-{name}{{fill:{shades[-1]}}}"
    )


# Texts have a contrast of 4.5 to 1 and more, edges and lines of 3 to 1 (WCAG 2.2, 1.4.3, 1.4.11).
STYLE: Final = (
    SHARED
    + """
a:focus-visible,summary:focus-visible,select:focus-visible,.wide:focus-visible{
outline:3px solid #b35900;outline-offset:2px}
.skip{z-index:9}
header .sub a{font-weight:600}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:.6rem 0}
nav a,.carta a{display:inline-block;padding:.2rem 0}
.defs{position:absolute}
svg.mappa{display:block;box-sizing:border-box;width:100%;max-width:46rem;max-height:80vh;background:#fff;
border:1px solid #767676}
.mappa text{font-size:40px;fill:#1a1a1a}
.nota{paint-order:stroke;stroke:#fff;stroke-width:10px;stroke-linejoin:round;pointer-events:none}
.mappa .forte{font-weight:700}
.scala{stroke:#1a1a1a;stroke-width:4px;pointer-events:none}
.scala text{stroke:none}
.p.kn,.kn{fill:url(#nessuno)}
.piccola .kn{fill:#e3e3e3}
.aree path{stroke:#5a5a5a;stroke-width:1.4px;stroke-opacity:.7}
.piccola .aree path{stroke-width:.3px}
.punti circle{stroke:#1a1a1a;stroke-width:5px}
.piccola circle{stroke-width:1.5px}
.linee path{fill:none;stroke-width:9px;stroke-linecap:round;stroke-linejoin:round}
.linee .k3{stroke-width:13px}.linee .k4{stroke-width:18px}
.linee .kn{fill:none;stroke:#767676;stroke-width:5px;stroke-dasharray:3 10}
.orlo{fill:none;stroke:#5a5a5a;stroke-width:14px;stroke-linecap:round;stroke-linejoin:round}
.piccola .linee path{stroke-width:1.6px}.piccola .linee .k4{stroke-width:2.6px}
.citta{fill:none;stroke:#1a1a1a;stroke-width:3px;stroke-opacity:.75;pointer-events:none}
.punti~.citta,.citta{vector-effect:none}
.piccola .citta{stroke-width:.5px}
.p:hover{stroke:#000;stroke-width:7px;stroke-opacity:1}
.linee .p:hover{stroke-width:22px}
ul.legenda{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.5rem 0}
ul.legenda li{display:flex;align-items:center;gap:.45rem}
.casella{width:1.5rem;height:1.1rem;flex:none}
.casella rect{stroke:#5a5a5a;stroke-width:2px}
.campione{width:2.75rem;height:.75rem;flex:none}
.conta{color:#4a4a4a}
.scelte{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;margin:.8rem 0}
.scelte label{font-weight:600;max-width:100%}
.scelte select{font:inherit;width:100%;padding:.3rem;border:2px solid #5a5a5a;background:#fff;
color:#1a1a1a;display:block}
[hidden]{display:none!important}
svg.serie{width:100%;min-width:36rem;max-width:54rem;display:block}
.serie text{font-size:12px;fill:#1a1a1a}
.linea{fill:none;stroke-width:2px;stroke-linejoin:round;stroke-linecap:round}
.riga{stroke:#dcdcdc;fill:none}.zero{stroke:#5a5a5a;fill:none}
.fascia{fill:#0b4f6c;fill-opacity:.16}
.barre{display:grid;grid-template-columns:minmax(8rem,16rem) 1fr auto;gap:.25rem .7rem;
align-items:center;max-width:46rem;margin:.6rem 0;padding:0;list-style:none}
.barre li{display:contents}
.barre svg{width:100%;height:1rem;display:block}
.barre rect{fill:#0b4f6c}
.barre .n{text-align:right;font-variant-numeric:tabular-nums}
.carte{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:1rem;
list-style:none;padding:0}
.carta{border:1px solid #767676;border-top:4px solid #0b4f6c;padding:.5rem .9rem .7rem;
display:flex;flex-direction:column}
.carta h3{margin:.2rem 0;font-size:1.1rem}
.carta p{margin:.15rem 0}
.carta .valore{font-size:1.5rem;font-weight:700;line-height:1.25}
.carta .cosa,.figures dd.cosa{font-size:.9rem;font-weight:400}
@media(min-width:60rem){.tema{display:grid;grid-template-columns:13rem 1fr;gap:0 1.5rem;
border-top:1px solid #b8c4cc;margin-top:1.4rem}
.tema h2{border:0;margin:0;padding-top:1rem}}
.carta .quando{font-size:.85rem;color:#4a4a4a}
.carta .disegno{margin-top:auto;padding-top:.5rem}
svg.piccola{width:100%;max-height:11rem}
svg.scintilla{width:100%;height:3.6rem}
.segno{display:inline-block;min-width:1.4em;text-align:center;font-weight:700}
dl.fatti{display:grid;grid-template-columns:minmax(9rem,15rem) 1fr;gap:.3rem 1rem;margin:.6rem 0}
dl.fatti dt{font-weight:600}dl.fatti dd{margin:0;overflow-wrap:anywhere}
.avviso{border-left:.4rem solid #b35900;background:#fff6eb;padding:.5rem .8rem}
code{overflow-wrap:anywhere}
p,li,dd,dt,h1,h2,h3,figcaption,summary{overflow-wrap:anywhere}
@media(max-width:40rem){
h1{font-size:1.5rem}.mappa text{font-size:74px}.mappa .nota{display:none}
dl.fatti{grid-template-columns:1fr}dl.fatti dd{margin-bottom:.4rem}
.barre{grid-template-columns:1fr auto}.barre svg{grid-column:1/-1;grid-row:auto}
}
@media print{
.scelte{display:none!important}figure[hidden]{display:block!important}
svg.mappa{max-height:15cm;max-width:15cm}svg.serie{min-width:0}
.carta{break-inside:avoid}.carte{grid-template-columns:repeat(3,1fr)}
}
"""
    + _colours("male", is_high_bad=True)
    + _colours("piano", is_high_bad=None)
)

# Shows one value at a time and colours the map for another code. Without it all values stand one
# below the other, and those of other codes are in the table and in the file beside the page.
SCRIPT: Final = """
(function(){
'use strict';
var figures=[].slice.call(document.querySelectorAll('figure[data-v]'));
var box=document.querySelector('.scelte');
if(!box||!figures.length)return;
var data=document.getElementById('dati');
data=data?JSON.parse(data.textContent):null;
var digits=new Intl.NumberFormat('it-IT',{maximumSignificantDigits:3});
var whole=new Intl.NumberFormat('it-IT',{maximumFractionDigits:0});
var which=document.getElementById('quale-valore'),code=document.getElementById('quale-codice');
function say(v,x){
if(x===null)return'senza valore';
var one=data.valori[v];
var y=one.quota?100*x:x;
return(Math.abs(y)<1000?digits:whole).format(y)+(one.unita?' '+one.unita:'');
}
function colour(v,x){
if(x===null)return'n';
var one=data.valori[v],n=0;
while(n<one.limiti.length&&x>=one.limiti[n])n++;
return String(one.colori[n]);
}
function paint(figure){
var v=Number(figure.dataset.v),view=data.viste[Number(code.value)],counts={};
[].forEach.call(figure.querySelectorAll('.p'),function(place,i){
var x=view.numeri[v][i];
if(x===undefined)x=null;
var k=colour(v,x),title=place.querySelector('title');
counts[k]=(counts[k]||0)+1;
place.setAttribute('class','p k'+k);
if(title)title.textContent=data.luoghi[i]+': '+say(v,x);
});
[].forEach.call(figure.querySelectorAll('[data-k]'),function(entry){
entry.textContent='('+(counts[entry.dataset.k]||0)+')';
});
[].forEach.call(figure.querySelectorAll('.nota'),function(note){note.setAttribute('hidden','');});
figure.querySelector('.vista').textContent=v?view.altri:view.nome;
}
function show(){
figures.forEach(function(figure){
figure.hidden=which?figure.dataset.v!==which.value:false;
});
}
if(which)which.addEventListener('change',show);
if(code&&data)code.addEventListener('change',function(){figures.forEach(paint);});
box.hidden=false;
show();
})();
"""


def policy(*, has_script: bool) -> str:
    """The Content-Security-Policy: this style and this script, and nothing else at all."""
    script = f" script-src '{_hash(SCRIPT)}';" if has_script else ""
    content = f"default-src 'none'; style-src '{_hash(STYLE)}';{script} base-uri 'none'; "
    return f'<meta http-equiv="Content-Security-Policy" content="{content}form-action \'none\'">'


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
