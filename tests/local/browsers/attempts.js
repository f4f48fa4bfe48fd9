// Tries to reach `target` (scheme, host, port in one) by everything that a page has, and reports each attempt home.
// Each mechanism names itself in the path that it asks for, so that the listener can say which ones came through.
const MECHANISMS = {
  fetch: url => fetch(url, {mode: 'no-cors'}),
  'fetch-cors': url => fetch(url),
  'fetch-keepalive': url => fetch(url, {mode: 'no-cors', keepalive: true, method: 'POST', body: 'x'}),
  'fetch-preflight': url => fetch(url, {method: 'PUT', headers: {'X-Own': '1'}}),
  xhr: url => new Promise(done => { const x = new XMLHttpRequest(); x.onloadend = done; x.open('GET', url); x.send(); }),
  beacon: url => navigator.sendBeacon(url, 'x'),
  eventsource: url => new Promise(done => { const e = new EventSource(url); e.onerror = () => { e.close(); done(); }; }),
  websocket: url => new Promise(done => { new WebSocket(url.replace('http', 'ws')).onclose = done; }),
  img: url => element('img', {src: url}),
  script: url => element('script', {src: url}),
  module: url => import(url),
  css: url => element('link', {rel: 'stylesheet', href: url}),
  'css-import': url => style(`@import url("${url}")`),
  'css-background': url => style(`body { background: url("${url}") }`),
  font: url => { style(`@font-face { font-family: "f"; src: url("${url}") }`); return document.fonts.load('12px f'); },
  prefetch: url => element('link', {rel: 'prefetch', href: url}),
  preload: url => element('link', {rel: 'preload', as: 'script', href: url}),
  modulepreload: url => element('link', {rel: 'modulepreload', href: url}),
  preconnect: url => element('link', {rel: 'preconnect', href: url}),
  'dns-prefetch': url => element('link', {rel: 'dns-prefetch', href: url}),
  icon: url => element('link', {rel: 'icon', href: url}),
  manifest: url => element('link', {rel: 'manifest', href: url}),
  speculation: url => {
    const rules = JSON.stringify({prefetch: [{source: 'list', urls: [url]}], prerender: [{source: 'list', urls: [url]}]});
    return element('script', {type: 'speculationrules', text: rules});
  },
  iframe: url => element('iframe', {src: url}),
  object: url => element('object', {data: url}),
  embed: url => element('embed', {src: url}),
  video: url => element('video', {src: url, preload: 'auto'}),
  svg: url => { document.body.insertAdjacentHTML('beforeend', `<svg><image href="${url}"/><use href="${url}#a"/></svg>`); },
  form: url => element('iframe', {src: `/leave/form?${encodeURIComponent(url)}`}),
  location: url => element('iframe', {src: `/leave/location?${encodeURIComponent(url)}`}),
  meta: url => element('iframe', {src: `/leave/meta?${encodeURIComponent(url)}`}),
  ping: url => { const a = Object.assign(document.createElement('a'), {href: '#', ping: url}); document.body.append(a); a.click(); },
  worker: url => new Promise(done => { new Worker(`/worker.js?${encodeURIComponent(url)}`).onmessage = done; }),
  'shared-worker': url => new Promise(done => {
    const worker = new SharedWorker(`/worker.js?${encodeURIComponent(url)}`);
    worker.port.onmessage = done;
  }),
  'service-worker': async url => {
    await navigator.serviceWorker.register(`/worker.js?${encodeURIComponent(url)}`);
    await new Promise(done => setTimeout(done, 500));
  },
  'service-worker-of-a-frame': async url => {
    const frame = Object.assign(document.createElement('iframe'), {src: '/empty'});
    await new Promise(done => { frame.onload = done; document.body.append(frame); });
    await frame.contentWindow.navigator.serviceWorker.register(`/worker.js?${encodeURIComponent(url)}`);
    await new Promise(done => setTimeout(done, 500));
  },
  'csp-report': url => element('iframe', {src: `/csp?${encodeURIComponent(url)}`}),
  webtransport: url => new WebTransport(url.replace('http:', 'https:')).ready,
  stun: async url => {
    const {hostname, port} = new URL(url);
    const peer = new RTCPeerConnection({iceServers: [
      {urls: `stun:${hostname}:${port}`},
      {urls: [`turn:${hostname}:${port}?transport=udp`, `turn:${hostname}:${port}?transport=tcp`], username: 'u', credential: 'p'},
    ]});
    peer.createDataChannel('x');
    await peer.setLocalDescription(await peer.createOffer());
    await new Promise(done => { peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done(); });
  },
  ...Object.fromEntries([301, 302, 303, 307, 308].flatMap(code => [
    [`redirect-${code}`, url => fetch(`/redirect/${code}?${encodeURIComponent(url)}`, {mode: 'no-cors'})],
    [`redirect-${code}-frame`, url => element('iframe', {src: `/redirect/${code}?${encodeURIComponent(url)}`})],
    [`redirect-${code}-img`, url => element('img', {src: `/redirect/${code}?${encodeURIComponent(url)}`})],
  ])),
  open: url => { window.open(url); },
};

function element(name, properties) {
  return new Promise(done => {
    const made = Object.assign(document.createElement(name), properties, {onload: done, onerror: done});
    document.body.append(made);
    setTimeout(done, 700);
  });
}

function style(text) {
  return element('style', {textContent: text});
}

async function attempt(name, target) {
  const work = Promise.resolve().then(() => MECHANISMS[name](`${target}/${name}`)).catch(() => {});
  await Promise.race([work, new Promise(done => setTimeout(done, 1500))]);
  await fetch(`/tried?${encodeURIComponent(`${name} ${target}`)}`);
}

async function attemptAll(targets, names = Object.keys(MECHANISMS)) {
  for (let begin = 0; begin < targets.length; begin += 10) {
    const some = targets.slice(begin, begin + 10);
    await Promise.all(some.flatMap(target => names.map(name => attempt(name, target))));
  }
  return names;
}
