// What islands ask of the browser: whether a control was changed; to listen to the server, to fetch the page again and swap what differs.

const MARK = 'live:';
const WRITES = 'input:not([type=hidden], [type=submit], [type=button]), select, textarea';
const id = (element) => element.getAttribute('id');

/** What an element is: the same in this page and in the one that comes in its place. */
const nameOf = (element) => {
  switch (element.localName) {
    case 'leptos-island':
      return element.dataset.component + (element.dataset.props ?? '');
    case 'form': {
      const hidden = [...element.querySelectorAll('input[type=hidden]:not([name=base])')];
      return [element.getAttribute('action'), ...hidden.map((input) => input.getAttribute('value'))].join();
    }
    case 'details':
      return element.querySelector('summary')?.textContent.replace(/\d+/g, '');
    case 'tr':
    case 'li':
      return element.querySelector('a[href]')?.getAttribute('href');
    default:
      return element.getAttribute('name') ?? '';
  }
};

/** Gives an id to whatever has a state of its own, and to rows, so that each is found again wherever it has moved. */
const mark = (root) => {
  const seen = new Map();
  for (const element of root.querySelectorAll(`leptos-island, form, details, dialog, tr, li, ${WRITES}`)) {
    const name = id(element) ? undefined : nameOf(element);
    if (name === undefined) continue;
    const within = element.parentElement.closest('[id]');
    const key = `${MARK}${within ? id(within) : ''}/${element.localName}:${name}`;
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    element.setAttribute('id', `${key}:${count}`);
  }
};

/** Whether a control is not as the server sent it. */
const isChanged = (control) => {
  if (!control.matches(WRITES)) return false;
  if (control.localName === 'select') {
    const options = [...control.options];
    if (control.multiple || options.some((option) => option.defaultSelected)) return options.some((option) => option.selected !== option.defaultSelected);
    return control.selectedIndex > 0;
  }
  // Of two radio buttons that changed, the one that was chosen.
  if (control.type === 'radio') return control.checked && !control.defaultChecked;
  if (control.type === 'checkbox') return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
};

/**
 * How many controls of a form are changed. A setting is compared with the file, whatever the server filled in; beside it stands whether it
 * is changed, and the way back to its default.
 */
const countChanges = (form) =>
  [...form.elements].filter((control) => {
    const row = control.matches(WRITES) && control.closest('[data-file]');
    if (!row) return isChanged(control);
    const [value, { file }] = [control.value.trim(), row.dataset];
    row.querySelector('.changed').hidden = value === file;
    row.querySelector('[name=reset]').hidden = value.toLowerCase() === 'default' || !(value || file);
    return value !== file;
  }).length;

/** Shows the settings that hold what is typed into the filter, and what is wrong. The address says it too. */
const filterSettings = (form, q) => {
  const words = q.value.trim();
  const text = words.toLowerCase();
  // The filter is no change of the form.
  q.defaultValue = q.value;
  form.elements.shown.value = words;
  for (const group of form.querySelectorAll('.settings-group')) {
    const rows = [...group.querySelectorAll('.setting')];
    for (const row of rows) {
      const parts = [row.dataset.find, row.querySelector(WRITES).value];
      row.hidden = !parts.some((part) => part.toLowerCase().includes(text)) && !row.querySelector('.field-error');
    }
    group.hidden = rows.every((row) => row.hidden);
  }
  form.querySelector('.no-settings').hidden = !!form.querySelector('.setting:not([hidden])');
  form.querySelector('[value=clear]').hidden = !text;
  history.replaceState(null, '', words ? `?q=${encodeURIComponent(words)}` : location.pathname);
};

/** What a form of the configuration does by itself: its filter and its defaults ask no server, its lines are numbered as they are typed. */
const enliven = (form) => {
  const { q, text } = form.elements;
  const gutter = form.querySelector('.gutter');
  const typed = ({ target }) => {
    if (target === q) filterSettings(form, q);
    if (target !== text || !gutter) return;
    const lines = Math.min(text.value.split('\n').length, 5000);
    text.rows = lines + 2;
    while (gutter.childElementCount > lines) gutter.lastElementChild.remove();
    while (gutter.childElementCount < lines) gutter.append(Object.assign(document.createElement('span'), { id: `L${gutter.childElementCount + 1}` }));
  };
  form.addEventListener('input', typed);
  form.addEventListener('keydown', (event) => event.target === q && event.key === 'Enter' && event.preventDefault());
  form.addEventListener('click', (event) => {
    const button = event.target.closest('[name=reset], [value=filter], [value=clear]');
    if (!button) return;
    event.preventDefault();
    const control = button.name === 'reset' ? button.closest('.setting').querySelector(WRITES) : q;
    if (control !== q) control.value = 'default';
    else if (button.value === 'clear') q.value = '';
    control.dispatchEvent(new Event('input', { bubbles: true }));
    control.focus();
  });
};

/** What stays as it is: forms that are being filled in, open dialogs, the answer to the last action. */
const held = (root) => {
  const outside = (element) => !element.closest('leptos-island');
  const kept = new Set([...root.querySelectorAll('dialog[open], [data-keep]')].filter(outside));
  for (const control of root.querySelectorAll(WRITES)) {
    if (!(isChanged(control) || control === document.activeElement) || !(control.form || outside(control))) continue;
    // A box that selects a row belongs to a form elsewhere: the row stays live, the box as it is.
    kept.add(control.form?.contains(control) ? control.form : control);
  }
  return kept;
};

/** What the server put into a form; a filter is nothing that it changes. */
const served = (form) => [...(form.elements ?? [])].filter(({ name }) => !['q', 'shown'].includes(name)).map((control) => `${control.name}=${control.defaultValue ?? ''}`).join('&');

/** What a part of a page is, for people: its kind and its heading. */
const part = (element) => [element.localName, element.className, element.querySelector('h1, h2, h3, legend')?.textContent].join();

/** The element of the page to come that stands for this one. */
const counterpart = (element, fresh) => id(element) && fresh.querySelector(`#${CSS.escape(id(element))}`);

/**
 * Ties what encloses something that stays to its counterparts, so that both go on together; a part without one stays apart.
 * Says whether the server would fill in the form in another way by now.
 */
const tie = (kept, root, fresh, count) => {
  const twin = counterpart(kept, fresh);
  let depth = 0;
  const pair = (one, other) => {
    if (id(one) || (other && id(other))) return;
    const key = `${MARK}held:${count}:${depth}`;
    depth += 1;
    for (const element of [one, other]) element?.setAttribute('id', key);
  };
  const around = [];
  for (let element = kept.parentElement; element !== root; element = element.parentElement) around.push(element);
  let other = twin ? twin.parentElement : fresh;
  if (twin) {
    for (const element of around) {
      if (other === fresh || other.localName !== element.localName) break;
      pair(element, other);
      other = other.parentElement;
    }
    return served(kept) !== served(twin);
  }
  for (const element of around.reverse()) {
    other = [...other.children].find((child) => part(child) === part(element));
    pair(element, other);
    if (!other) break;
  }
  return false;
};

/** Swaps what differs. Says whether the server has changed something under a form that is being filled in. */
const swap = (html) => {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const [root, fresh] = [document, page].map((of) => of.querySelector('.frame, .bare, .wizard'));
  const kept = held(root);
  const style = (of) => of.querySelector('link[rel=stylesheet]')?.getAttribute('href');
  if (root.className !== fresh?.className || style(document) !== style(page)) {
    // The server was updated, or this page is no more: only a new page is of one piece.
    if (kept.size === 0) location.reload();
    return false;
  }
  for (const island of root.querySelectorAll('leptos-island')) island.live = true;
  for (const one of [root, fresh]) mark(one);
  // A box that selects a row goes with its row.
  for (const one of kept) if (one.form && !one.form.contains(one) && !counterpart(one, fresh)) kept.delete(one);
  const stale = [...kept].map((one, count) => tie(one, root, fresh, count)).some(Boolean);
  Idiomorph.morph(root, fresh, {
    callbacks: {
      beforeNodeMorphed: (node) => !(kept.has(node) || node.localName === 'leptos-island'),
      beforeNodeRemoved: (node) => ![...kept].some((one) => node.contains(one)),
      beforeAttributeUpdated: (name, element) => !(name === 'open' && ['details', 'dialog'].includes(element.localName)),
    },
  });
  for (const element of document.querySelectorAll(`[id^="${MARK}"]`)) element.removeAttribute('id');
  document.title = page.title;
  for (const island of root.querySelectorAll('leptos-island')) {
    if (!island.live) window.__hydrateIsland(island, island.dataset.component);
  }
  return stale;
};

/** Fetches this page again and shows it. How it went: `shown`, `stale`, `signed-out` or `failed`. */
const look = async () => {
  let answer;
  let text;
  try {
    answer = await fetch(location.href, { headers: { 'X-Leasehold-Live': '1' }, cache: 'no-store', signal: AbortSignal.timeout(10_000) });
    text = await answer.text();
  } catch {
    return 'failed';
  }
  if (answer.status === 401 || new URL(answer.url).pathname === '/login') return 'signed-out';
  if (answer.status >= 500) return 'failed';
  return swap(text) ? 'stale' : 'shown';
};

/** The same; `done` is told how it went. */
const lookAgain = (done) =>
  look()
    .catch((error) => (console.error(error), 'failed'))
    .then(done);

/** Listens to the server: what has changed, and when it says so; whether a break is for good. */
const listen = (address, heard, broke) => {
  const source = new EventSource(address);
  const tell = (event) => {
    const { changed, at } = JSON.parse(event.data);
    heard(changed.join(' '), at);
  };
  for (const name of ['change', 'beat']) source.addEventListener(name, tell);
  source.onerror = () => broke(source.readyState === EventSource.CLOSED);
  return source;
};

/** How far the clock of the server was ahead when this page was made, milliseconds. */
const serverAhead = () => document.getElementById('main').dataset.now - Date.now();

/** As a clock on the wall beside the screen has it. */
const timeOfDay = (at) => new Date(at).toTimeString().slice(0, 8);

/** Writes relative times again; `words` gives them, from a span and whether it lies ahead. */
const countOn = (now, words) => {
  for (const time of document.querySelectorAll('time[data-relative]')) {
    const ahead = time.dataset.relative === 'ahead';
    const passed = now - Date.parse(time.dateTime);
    const text = words(ahead, ahead ? -passed : passed);
    if (text && text !== time.textContent) time.textContent = text;
  }
};

let searched = 0;

/** Asks the server what words find, a moment after the last key; `done` gets six texts for each result, unless more was typed meanwhile. */
const searchFor = (words, done) => {
  clearTimeout(searched);
  searched = setTimeout(async () => {
    const mine = searched;
    try {
      const answer = await fetch(`/api/v1/search?q=${encodeURIComponent(words)}`, { signal: AbortSignal.timeout(5_000) });
      if (!answer.ok) return;
      const { items } = await answer.json();
      if (mine === searched) done(items.flatMap((item) => [item.kind, item.label, item.hint, item.href, ...(item.post ?? ['', ''])]));
    } catch {
      // The pages of the sidebar stay in the list.
    }
  }, 80);
};

/** Sends a form with one field, as a button of this page would. */
const sendForm = (action, name, value) => {
  const form = Object.assign(document.createElement('form'), { method: 'post', action, hidden: true });
  const fields = { [name]: value, next: location.pathname + location.search };
  form.append(...Object.entries(fields).map(([key, text]) => Object.assign(document.createElement('input'), { name: key, value: text })));
  document.body.append(form);
  form.submit();
};
