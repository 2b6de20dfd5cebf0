// Reads a chart out: what a pointer or the arrow keys are at. Its numbers are those of the table under it, one row for each column; a range
// of columns is a period.

/** Columns the keys go. */
const KEYS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7, Home: -Infinity, End: Infinity };
const DAY = 86_400_000;

/** "2026-11-17 10:00" as "Tue 17 Nov 2026, 10:00"; a month as "November 2026". */
const instant = (label) => {
  const [day, time] = label.split(' ');
  const parts = day.length > 7 ? { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } : { month: 'long', year: 'numeric' };
  const words = new Date(day).toLocaleDateString('en-GB', { ...parts, timeZone: 'UTC' }).replace(',', '');
  return time ? `${words}, ${time}` : words;
};

/** `over` lies on the picture, with the chosen range, the mark and the read-out in it; the line that is read aloud follows it. */
const readChart = (over) => {
  const around = over.closest('[data-chart]');
  const [range, mark, shown] = over.children;
  const aloud = over.nextElementSibling;
  const table = () => document.getElementById(around.dataset.chart).querySelector('table');
  const label = (row) => row.cells[0].textContent;
  /** In the order of time, however the table is sorted. */
  const rows = () => [...table().tBodies[0].rows].sort((a, b) => (label(a) < label(b) ? -1 : label(a) > label(b) ? 1 : 0));
  const count = () => table().tBodies[0].rows.length;
  let at = -1;
  let from = -1;
  let pressed = false;

  const ends = () => [Math.min(at, from), Math.max(at, from)];

  const hide = () => {
    for (const part of over.children) part.hidden = true;
  };

  const show = (speak) => {
    const all = rows();
    [at, from] = [at, from].map((place) => Math.min(place, all.length - 1));
    const [first, last] = ends();
    const week = around.dataset.step === 'week' ? 'Week of ' : '';
    const lines = [];
    if (first < last) {
      lines.push([week + instant(label(all[first])), ''], [`to ${week.toLowerCase()}${instant(label(all[last]))}`, '']);
    } else {
      lines.push([week + instant(label(all[at])), '']);
      const heads = table().tHead.rows[0].cells;
      for (const cell of [...all[at].cells].slice(1)) lines.push([heads[cell.cellIndex].textContent, cell.textContent === '\u2013' ? 'not known' : cell.textContent]);
    }
    shown.replaceChildren(
      ...lines.map(([name, value]) => {
        const line = document.createElement(value ? 'span' : 'b');
        line.append(name);
        if (value) line.append(Object.assign(document.createElement('b'), { textContent: value }));
        return line;
      }),
    );
    const share = (place) => `${(place / all.length) * 100}%`;
    mark.style.left = share(at + 0.5);
    [range.style.left, range.style.width] = [share(first), share(last + 1 - first)];
    shown.classList.toggle('at-start', at + 0.5 > all.length / 2);
    [mark.hidden, shown.hidden, range.hidden] = [false, false, first === last];
    if (speak) aloud.textContent = `${lines.map((line) => line.join(' ').trim()).join('. ')}. ${around.dataset.zone}`;
  };

  /** To a column; `extend` leaves the beginning of the range where it is. */
  const move = (place, extend, speak) => {
    if (place === at && extend === (from !== at) && !shown.hidden && !speak) return;
    at = place;
    if (!extend) from = at;
    show(speak);
  };

  /** The days of a range as a period; of one column its denials, where it has some. */
  const open = () => {
    if (at < 0) return;
    const all = rows();
    const [first, last] = ends();
    const denials = all[at].querySelector('td a');
    if (first === last && denials) return location.assign(denials.href);
    const day = (row) => label(row).slice(0, 10).padEnd(10, '-01');
    const whole = ['hour', 'day'].includes(around.dataset.step);
    const next = all[last + 1];
    const until = whole ? day(all[last]) : next ? new Date(Date.parse(day(next)) - DAY).toISOString().slice(0, 10) : around.dataset.last;
    const address = new URL(around.dataset.href, location.href);
    for (const [name, value] of Object.entries({ range: 'custom', from: day(all[first]), to: until })) address.searchParams.set(name, value);
    location.assign(address);
  };

  const under = (event) => {
    const { left, width } = over.getBoundingClientRect();
    return Math.max(0, Math.min(count() - 1, Math.floor(((event.clientX - left) / width) * count())));
  };
  const on = (name, act) => over.addEventListener(name, (event) => count() > 0 && act(event));

  // A finger reads; a second tap on the same column opens it. A mouse reads as it goes, and chooses a range while it is pressed.
  let again = false;
  on('pointerdown', (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    const place = under(event);
    again = place === at && !shown.hidden;
    pressed = event.pointerType !== 'touch';
    // A finger is followed anyway.
    if (pressed) over.setPointerCapture(event.pointerId);
    move(place, false);
  });
  on('pointermove', (event) => {
    const place = under(event);
    again &&= place === at;
    move(place, pressed && place !== from);
  });
  on('pointerup', () => {
    if (pressed || again) open();
    pressed = again = false;
  });
  on('pointercancel', () => (pressed = again = false));
  on('pointerleave', (event) => event.pointerType !== 'touch' && !over.matches(':focus-visible') && hide());
  on('focus', () => over.matches(':focus-visible') && move(at < 0 ? count() - 1 : at, false, true));
  on('blur', hide);
  on('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in KEYS) move(Math.max(0, Math.min(count() - 1, at + KEYS[event.key])), event.shiftKey, true);
    else if (event.key === 'Enter') open();
    else if (event.key === 'Escape' && from !== at) move(at, false, true);
    else return;
    event.preventDefault();
  });
  over.setAttribute('aria-label', around.dataset.name);
};
