/**
 * The templates, Handlebars. They are modules, so that they are part of the build like all else. Everything is escaped:
 * the triple braces appear only around `body`, which is a page that was rendered just before.
 */

export const layout = /* handlebars */ `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}} · {{organisation}} · Custody</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
{{#if simulated}}<p class="simulated" role="note">Demonstration: the clock of this log was simulated until {{simulated}}.</p>{{/if}}
<header class="top">
<span class="name">{{organisation}} <small>Custody</small></span>
<nav aria-label="Pages"><ul>
{{#each pages}}<li><a href="{{href}}"{{#if current}} aria-current="page"{{/if}}>{{name}}</a></li>
{{/each}}</ul></nav>
</header>
<main id="main">
{{{body}}}
</main>
<footer>
<p>{{software}}. Times are those of {{zone}}.{{#if head}} The log has {{signedRecords}}; fingerprint of the whole log: <code>{{head.root}}</code> (<a href="/checkpoint">signed</a>, <a href="/fingerprint">where it is kept</a>).{{/if}}</p>
<p>Custody says what its sources said and when, and what is missing. Whether that is enough is for you and your auditor to say.</p>
</footer>
</body>
</html>
`;

export const table = /* handlebars */ `{{#if rows}}<div class="frame"><table role="table"><caption class="hidden">{{caption}}</caption>
<thead role="rowgroup"><tr role="row">{{#each columns}}<th scope="col" role="columnheader">{{this}}</th>{{/each}}</tr></thead>
<tbody role="rowgroup">
{{#each rows}}<tr role="row">{{#each this}}{{#if @first}}<th scope="row" role="rowheader">{{> cell}}</th>{{else}}<td role="cell" data-label="{{lookup ../../columns @index}}">{{> cell}}</td>{{/if}}{{/each}}</tr>
{{/each}}</tbody></table></div>{{else}}<p class="muted">{{empty}}</p>{{/if}}`;

export const cell = /* handlebars */ `{{#if mark}}<span class="mark {{mark}}">{{text}}</span>{{else if href}}<a href="{{href}}">{{text}}</a>{{else}}<span>{{text}}</span>{{/if}}{{#if sub}}<span class="sub">{{sub}}</span>{{/if}}`;

export const home = /* handlebars */ `<h1>{{#if duties}}{{dutyCount}} for you today{{else}}{{#if unsure}}Today{{else}}Nothing for you today{{/if}}{{/if}}</h1>
<p class="lead">{{#if since}}Watching since {{since}}.{{else}}Nothing has been collected yet.{{/if}} {{scopeWords}}</p>
{{#each duties}}<section class="card duty{{#if ahead}} ahead{{/if}}">
<h3>{{title}}</h3>
<p>{{what}}</p>
{{#if places}}<ul class="places">{{#each places}}<li><code>{{where}}</code><br>{{message}}</li>{{/each}}</ul>{{/if}}
{{#if lost}}<p class="lost">{{lost}}</p>{{/if}}
<p>{{todo}}</p>
{{#each commands}}<pre tabindex="0">{{this}}</pre>{{/each}}
{{#if more}}<p class="muted">… and {{more}}.</p>{{/if}}
{{#if until}}<p class="muted">Until: {{until}}.{{#if who}} Who: {{who}}.{{/if}}</p>{{else if who}}<p class="muted">Who: {{who}}.</p>{{/if}}
</section>
{{/each}}
<section class="card {{#if unsure}}unsure{{else}}calm{{/if}}"><p>{{rest}}</p></section>

<h2>Systems in scope</h2>
{{#if systems}}<div class="card"><ul class="systems">
{{#each systems}}<li>{{#with state}}{{> cell}}{{/with}} <b>{{system}}</b> <span class="muted">{{detail}}</span></li>
{{/each}}</ul></div>{{else}}<p class="muted">No systems are named under <code>scope:</code> in custody.yaml, so it is not known what should be watched.</p>{{/if}}

<h2>Controls</h2>
<p class="muted">How many requirements of each control have which result, over the last year. Results are counted, never added up to one verdict.</p>
{{#if controls.rows}}{{> table controls}}{{else}}<p class="card unsure">The index is not available ({{indexTrouble}}), so requirements cannot be judged now. Collecting goes on without it.</p>{{/if}}

{{#unless indexTrouble}}<h2>Nothing happened</h2>
<p class="muted">That nothing happened counts only where all evidence came and a person confirmed it. One missing piece withdraws it.</p>
{{> table nils}}
{{/unless}}
<h2>Collectors</h2>
{{> table collectors}}

<h2>Gaps</h2>
{{> table gaps}}
{{#if moreGaps}}<p class="more"><a href="/gaps">All {{moreGaps}} gaps</a></p>{{/if}}

<h2>Newest runs</h2>
{{> table runs}}
<p class="more"><a href="/runs">All runs</a></p>

<h2>Reports</h2>
{{> table reports}}
`;

export const controls = /* handlebars */ `<h1>Controls</h1>
<p>What each control needs, in our own words, judged over the last year up to {{now}}. A result is about one requirement; there is none for a control as a whole. What is only recommended is a hint and is not counted.</p>
{{#if unavailable}}<p class="card unsure">The index is not available ({{unavailable}}), so requirements cannot be judged now. Collecting goes on without it.</p>{{/if}}
{{#each controls}}<section id="{{id}}">
<h2>{{plain}} <small>{{id}} {{title}}</small></h2>
<p class="muted">{{purpose}}</p>
<p>{{counts}}</p>
{{> table table}}
</section>
{{/each}}`;

export const gaps = /* handlebars */ `<h1>Gaps</h1>
<p>A gap is a time for which evidence was expected and not collected completely in time. It stays on record for ever, also when it was closed afterwards.</p>
{{> table gaps}}
`;

export const runs = /* handlebars */ `<h1>Runs</h1>
<p>Every attempt to collect, also those that failed. <code>custody show RECORD</code> prints one whole.</p>
{{> table runs}}
{{#if next}}<p class="more"><a href="/runs?before={{next}}">Older runs</a></p>{{/if}}
`;

export const fingerprint = /* handlebars */ `<h1>Fingerprint of the log</h1>
<p>This page is public. Keep what it says: with a fingerprint from today anybody can find out later whether a record from before today was changed, left out or put in.</p>
<div class="card">
<p><b>Log</b><br><code>{{origin}}</code></p>
<p><b>Records</b><br>{{size}}</p>
<p><b>Fingerprint</b><br><code>{{root}}</code></p>
<p><b>Key that signs it</b><br><code>{{vkey}}</code></p>
</div>
<p>The <a href="/checkpoint">signed form</a> is what programs read. To check a copy of the log against this fingerprint:</p>
<pre tabindex="0">custody verify --since {{size}}:{{root}}</pre>

<h2>Where fingerprints are kept outside</h2>
<p>The newest one of each place. What was sent to several places cannot be taken back from all of them.</p>
{{> table published}}
`;

export const message = /* handlebars */ `<h1>{{title}}</h1>
<p class="lead">{{text}}</p>
{{#if remedy}}<p>{{remedy}}</p>{{/if}}
<p><a href="/">To the first page</a></p>
`;
