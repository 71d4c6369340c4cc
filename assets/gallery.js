// The gallery page, in the browser: its pictures stand as data in the page. Texts become text nodes, never markup.
'use strict';

/**
 * @typedef {object} Picture
 * @property {string} link
 * @property {string} name
 * @property {string} shown
 * @property {'image' | 'video'} kind
 * @property {string} [thumbnail]
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} bytes
 * @property {number} at
 * @property {Readonly<Record<string, string>>} values
 * @property {Readonly<Record<string, string>>} [sweep]
 * @property {string} [command]
 *
 * @typedef {{ title: string, axes: string[], pictures: Picture[] }} Data
 */

(() => {
  const data = /** @type {Data} */ (JSON.parse(document.getElementById('gallery')?.textContent ?? '{}'));
  const { pictures, title } = data;
  /** Cards that are drawn at once; more come as one scrolls. */
  const pageSize = 200;
  /** Values of an axis beyond which a table is none. */
  const mostValues = 60;
  const perCell = 8;

  /**
   * An element with properties, attributes (`aria-…`, `role`, `scope`) and children; a string is a text node.
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag
   * @param {Record<string, unknown>} [props]
   * @param {...(Node | string | undefined)} children
   * @returns {HTMLElementTagNameMap[K]}
   */
  function element(tag, props = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
      if (/-|^(?:role|scope)$/.test(key) && typeof value === 'string') made.setAttribute(key, value);
      else if (value !== undefined) Reflect.set(made, key, value);
    }
    made.append(...children.filter((child) => child !== undefined));
    return made;
  }

  /** @param {Picture} picture @param {string} key */
  const valueOf = (picture, key) =>
    key === 'size' ? sizeText(picture) : (picture.sweep?.[key] ?? picture.values[key] ?? '');
  /** @param {Picture} picture */
  const sizeText = ({ width, height }) => (width === undefined ? '' : `${width}×${height}`);
  /** @param {number} bytes */
  const bytesText = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  /** @param {string[]} values */
  function inOrder(values) {
    const isNumeric = values.every((value) => /^-?\d+(?:\.\d+)?$/.test(value));
    return isNumeric ? values.sort((a, b) => Number(a) - Number(b)) : values;
  }

  const keys = [
    ...new Set(pictures.flatMap((one) => [...Object.keys(one.sweep ?? {}), ...Object.keys(one.values), 'size'])),
  ];
  /** Key -> its values, where there are several. */
  const differing = new Map(
    keys
      .map((key) => /** @type {const} */ ([key, inOrder([...new Set(pictures.map((one) => valueOf(one, key)))])]))
      .filter(([, values]) => values.length > 1),
  );
  const axisKeys = [...differing].filter(([, values]) => values.length <= mostValues).map(([key]) => key);
  /** What a card says beside its prompt: the sweeps, else what tells the pictures apart. */
  const chipKeys = [
    ...new Set([...pictures.flatMap((one) => Object.keys(one.sweep ?? {})), 'seed', ...differing.keys()]),
  ]
    .filter((key) => !['prompt', 'negative'].includes(key))
    .slice(0, 5);
  const haystacks = pictures.map((one) =>
    [one.name, ...Object.entries(one.values).flat(), ...Object.entries(one.sweep ?? {}).map((pair) => pair.join(' '))]
      .join('\n')
      .toLowerCase(),
  );

  const address = new URLSearchParams(location.hash.slice(1));
  const state = {
    words: address.get('filter') ?? '',
    order: address.get('order') ?? 'newest',
    view: address.get('view') ?? (data.axes.length > 0 ? 'table' : 'grid'),
    rows: pickAxis(address.get('rows'), data.axes[0] ?? axisKeys[0]),
    columns: pickAxis(address.get('columns'), data.axes[1] ?? axisKeys.find((key) => key !== data.axes[0]) ?? ''),
    size: Number(address.get('size') ?? 15),
    /** @type {number[]} */
    chosen: [],
  };

  /** @param {string | null} asked @param {string | undefined} otherwise */
  function pickAxis(asked, otherwise) {
    return asked !== null && axisKeys.includes(asked)
      ? asked
      : axisKeys.includes(otherwise ?? '')
        ? (otherwise ?? '')
        : '';
  }

  /** What is chosen stands in the address: a reload, or a bookmark, shows it again. */
  function keepAddress() {
    const { words, order, view, rows, columns, size } = state;
    const text = new URLSearchParams({ filter: words, order, view, rows, columns, size: String(size) }).toString();
    history.replaceState(null, '', `#${text}`);
  }

  const status = element('p', { className: 'soft', role: 'status' });
  status.style.margin = '0';
  const content = element('main', { id: 'content' });
  const tray = element('div', { className: 'tray', hidden: true, role: 'region', 'aria-label': 'Comparison' });

  /** A number is found as a whole, as names begin with a date and a time: 10 is not in 1024, nor in `_110233_`. @param {string} word @returns {(text: string) => boolean} */
  function finder(word) {
    if (!/^\d+(?:\.\d+)?$/.test(word)) return (text) => text.includes(word);
    const whole = new RegExp(`(?<!\\d|\\d\\.)${word.replace('.', '\\.')}(?!\\d|\\.\\d)`);
    return (text) => whole.test(text);
  }

  function shownIndexes() {
    const finders = state.words
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(finder);
    const found = pictures.flatMap((_one, i) => (finders.every((has) => has(haystacks[i] ?? '')) ? [i] : []));
    const at = (/** @type {number} */ i) => /** @type {Picture} */ (pictures[i]);
    if (state.order === 'newest') return found.sort((a, b) => at(b).at - at(a).at || b - a);
    if (state.order === 'oldest') return found.sort((a, b) => at(a).at - at(b).at || a - b);
    return found.sort((a, b) => at(a).name.localeCompare(at(b).name, undefined, { numeric: true }));
  }

  /** Pictures in the order in which they are shown: what the arrows of the large view go through. */
  let shown = shownIndexes();

  function draw() {
    shown = shownIndexes();
    const count = `${pictures.length} picture${pictures.length === 1 ? '' : 's'}`;
    status.textContent = shown.length === pictures.length ? count : `${shown.length} of ${count}`;
    document.documentElement.style.setProperty('--size', `${state.size}rem`);
    for (const field of axisFields) field.hidden = state.view !== 'table';
    for (const button of viewButtons) button.setAttribute('aria-pressed', String(button.value === state.view));
    content.replaceChildren(
      shown.length === 0
        ? element(
            'p',
            { className: 'none' },
            pictures.length === 0 ? 'No pictures.' : 'No picture has all of these words.',
          )
        : state.view === 'table'
          ? table()
          : grid(),
    );
    keepAddress();
  }

  function grid() {
    const list = element('ul', { className: 'grid' });
    const more = element('button', { className: 'more', type: 'button', onclick: () => add() }, 'Show more');
    let next = 0;
    const add = () => {
      for (const i of shown.slice(next, next + pageSize)) list.append(card(i));
      next += pageSize;
      more.hidden = next >= shown.length;
    };
    add();
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && !more.hidden && add(), {
      rootMargin: '1500px',
    }).observe(more);
    return element('div', {}, list, more);
  }

  function table() {
    const { rows: rowKey, columns: columnKey } = state;
    const [rows, columns] = [rowKey, columnKey].map((key) => differing.get(key) ?? ['']);
    /** @type {Map<string, number[]>} */
    const cells = new Map();
    for (const i of shown) {
      const one = /** @type {Picture} */ (pictures[i]);
      const place = JSON.stringify([
        rowKey === '' ? '' : valueOf(one, rowKey),
        columnKey === '' ? '' : valueOf(one, columnKey),
      ]);
      cells.set(place, [...(cells.get(place) ?? []), i]);
    }
    const heading = (/** @type {string} */ key, /** @type {string} */ value) =>
      key === '' ? '' : `${key} ${value === '' ? '(none)' : value}`;
    const head = element(
      'tr',
      {},
      element('th', { scope: 'col' }, element('span', { className: 'sr' }, rowKey || 'row')),
      ...(columns ?? []).map((value) => element('th', { scope: 'col' }, heading(columnKey, value))),
    );
    const body = (rows ?? []).map((row) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, heading(rowKey, row)),
        ...(columns ?? []).map((column) => cell(cells.get(JSON.stringify([row, column])) ?? [])),
      ),
    );
    const caption = [rowKey === '' ? '' : `rows: ${rowKey}`, columnKey === '' ? '' : `columns: ${columnKey}`];
    return element(
      'div',
      { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Table of pictures' },
      element(
        'table',
        { className: 'sweep' },
        element(
          'caption',
          {},
          caption.filter((text) => text !== '').join(', ') || 'choose what rows and columns stand for',
        ),
        element('thead', {}, head),
        element('tbody', {}, ...body),
      ),
    );
  }

  /** @param {number[]} indexes */
  function cell(indexes) {
    const rest = indexes.length - perCell;
    return element(
      'td',
      {},
      element('ul', {}, ...indexes.slice(0, perCell).map((i) => card(i, [state.rows, state.columns]))),
      rest > 0 ? element('p', { className: 'soft' }, `and ${rest} more: filter to see them`) : undefined,
    );
  }

  /** @param {number} i @param {string[]} headings what stands in the headings beside it */
  function card(i, headings = []) {
    const one = /** @type {Picture} */ (pictures[i]);
    const prompt = one.values['prompt'] ?? '';
    const isChosen = state.chosen.includes(i);
    const box = element('input', { type: 'checkbox', checked: isChosen, onchange: () => choose(i, box.checked) });
    box.dataset['index'] = String(i);
    return element(
      'li',
      { className: `card${isChosen ? ' chosen' : ''}` },
      element(
        'button',
        { className: 'open', type: 'button', onclick: () => openDetail(i), 'aria-label': `Open ${one.name}` },
        small(one),
      ),
      element(
        'div',
        { className: 'about' },
        headings.length > 0 && !differing.has('prompt')
          ? undefined
          : element('p', { className: 'prompt', title: prompt }, prompt === '' ? one.name : prompt),
        element('ul', { className: 'chips' }, ...chips(one, headings)),
        one.kind === 'image'
          ? element('label', { className: 'pick' }, box, 'compare', element('span', { className: 'sr' }, one.name))
          : undefined,
      ),
    );
  }

  /** @param {Picture} one @param {string[]} headings */
  function chips(one, headings) {
    const told = chipKeys.filter((key) => valueOf(one, key) !== '' && !headings.includes(key));
    return told.map((key) => element('li', {}, `${key} `, element('b', {}, valueOf(one, key))));
  }

  /** @param {Picture} one */
  function small(one) {
    if (one.kind === 'video')
      return element('video', { src: one.link, preload: 'metadata', muted: true, playsInline: true });
    const alt = one.values['prompt'] ?? one.name;
    return element('img', { loading: 'lazy', decoding: 'async', alt, src: one.thumbnail ?? one.link });
  }

  /** Two at most: a third takes the place of the first. @param {number} i @param {boolean} isOn */
  function choose(i, isOn) {
    state.chosen = state.chosen.filter((other) => other !== i);
    if (isOn) state.chosen = [...state.chosen, i].slice(-2);
    for (const box of content.querySelectorAll('input[type=checkbox]')) {
      if (!(box instanceof HTMLInputElement)) continue;
      box.checked = state.chosen.includes(Number(box.dataset['index']));
      box.closest('.card')?.classList.toggle('chosen', box.checked);
    }
    drawTray();
  }

  function drawTray() {
    const names = state.chosen.map((i) => pictures[i]?.name ?? '');
    tray.hidden = names.length === 0;
    document.body.classList.toggle('has-tray', names.length > 0);
    const isPair = names.length === 2;
    tray.replaceChildren(
      element(
        'span',
        { role: 'status' },
        isPair ? `${names[0]} and ${names[1]}` : `${names[0] ?? ''}: choose one more`,
      ),
      element(
        'span',
        { className: 'buttons' },
        element(
          'button',
          { type: 'button', className: 'main', disabled: !isPair, onclick: () => openCompare() },
          'Compare',
        ),
        element('button', { type: 'button', onclick: () => clearChosen() }, 'Clear'),
      ),
    );
  }

  function clearChosen() {
    state.chosen = [];
    choose(-1, false);
  }

  /** A dialog with a bar and a close button, gone when it is closed. @param {string} heading @param {Node[]} buttons @param {...Node} body */
  function openDialog(heading, buttons, ...body) {
    const close = element('button', { type: 'button', onclick: () => dialog.close() }, 'Close');
    const bar = element(
      'div',
      { className: 'bar' },
      element('h2', {}, heading),
      element('span', { className: 'buttons' }, ...buttons, close),
    );
    const dialog = element('dialog', { 'aria-label': heading }, bar, ...body);
    dialog.addEventListener('close', () => dialog.remove());
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  }

  /** @param {number} i */
  function openDetail(i) {
    const one = /** @type {Picture} */ (pictures[i]);
    const at = shown.indexOf(i);
    /** @param {number} step */
    const go = (step) => {
      const next = shown[at + step];
      if (next === undefined) return;
      dialog.close();
      openDetail(next);
    };
    const large =
      one.kind === 'video'
        ? element('video', { src: one.link, controls: true, loop: true, 'aria-label': one.name })
        : element('img', { src: one.link, alt: one.values['prompt'] ?? one.name });
    const previous = element('button', { type: 'button', disabled: at <= 0, onclick: () => go(-1) }, '← Previous');
    const next = element(
      'button',
      { type: 'button', disabled: at < 0 || at >= shown.length - 1, onclick: () => go(1) },
      'Next →',
    );
    const dialog = openDialog(
      one.name,
      [previous, next],
      element('div', { className: 'detail' }, element('div', { className: 'stage' }, large), facts(one)),
    );
    dialog.addEventListener('keydown', (event) => {
      if (event.target instanceof HTMLVideoElement) return;
      if (event.key === 'ArrowLeft') go(-1);
      if (event.key === 'ArrowRight') go(1);
    });
  }

  /** @param {Picture} one */
  function facts(one) {
    const swept = Object.entries(one.sweep ?? {}).filter(([key]) => one.values[key] === undefined);
    const rows = [...Object.entries(one.values), ...swept, ['size', sizeText(one)], ['file', bytesText(one.bytes)]];
    rows.push(['date', new Date(one.at).toLocaleString()]);
    const told = rows.filter(([, value]) => value !== '');
    const prompt = one.values['prompt'];
    return element(
      'div',
      { className: 'facts' },
      element(
        'dl',
        {},
        ...told.flatMap(([key, value]) => [element('dt', {}, key ?? ''), element('dd', {}, value ?? '')]),
      ),
      one.command === undefined
        ? element('p', { className: 'soft' }, 'The file does not say how it was made.')
        : undefined,
      one.command === undefined ? undefined : element('pre', { tabIndex: 0, 'aria-label': 'Command' }, one.command),
      element(
        'div',
        { className: 'buttons' },
        one.command === undefined ? undefined : copyButton('Copy command', one.command),
        prompt === undefined ? undefined : copyButton('Copy prompt', prompt),
        element('a', { href: one.link, target: '_blank', rel: 'noopener' }, 'Open the file'),
      ),
    );
  }

  /** @param {string} label @param {string} text */
  function copyButton(label, text) {
    const said = element('span', { role: 'status', className: 'soft' });
    const button = element('button', { type: 'button', className: 'main' }, label);
    button.onclick = async () => {
      said.textContent = (await copy(text)) ? 'copied' : 'this browser does not let it be copied';
    };
    return element('span', { className: 'buttons' }, button, said);
  }

  /** @param {string} text @returns {Promise<boolean>} */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = element('textarea', { value: text, 'aria-hidden': 'true' });
      (document.querySelector('dialog') ?? document.body).append(area);
      area.select();
      // the old way, for browsers that keep the new one from local files
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      const isDone = document.execCommand('copy');
      area.remove();
      return isDone;
    }
  }

  function openCompare() {
    const [a, b] = state.chosen.map((i) => /** @type {Picture} */ (pictures[i]));
    if (a === undefined || b === undefined) return;
    const picture = (/** @type {Picture} */ one, /** @type {string} */ className) =>
      element('img', { className, src: one.link, alt: `${className}: ${one.values['prompt'] ?? one.name}` });
    const halves = element(
      'div',
      { className: 'halves' },
      picture(a, 'before'),
      picture(b, 'after'),
      element('span', { className: 'edge' }),
      element('span', { className: 'name a' }, a.name),
      element('span', { className: 'name b' }, b.name),
    );
    const split = (/** @type {string} */ value) => halves.style.setProperty('--split', `${value}%`);
    split('50');
    const slide = element('input', { type: 'range', className: 'slide', min: '0', max: '100', value: '50' });
    slide.oninput = () => split(slide.value);
    slide.setAttribute('aria-label', 'How much of the first picture shows, in percent');
    halves.addEventListener('pointermove', (event) => {
      if (event.buttons === 0 && event.pointerType === 'touch') return;
      const box = halves.getBoundingClientRect();
      slide.value = String(Math.round(((event.clientX - box.left) / box.width) * 100));
      split(slide.value);
    });
    const beside = element('button', { type: 'button', 'aria-pressed': 'false' }, 'Side by side');
    beside.onclick = () => {
      const isBeside = halves.classList.toggle('beside');
      beside.setAttribute('aria-pressed', String(isBeside));
      slide.hidden = isBeside;
    };
    openDialog(
      'Before and after',
      [beside],
      element('div', { className: 'compare' }, halves, slide, differences(a, b)),
    );
    slide.focus();
  }

  /** @param {Picture} a @param {Picture} b */
  function differences(a, b) {
    const all = keys.filter((key) => valueOf(a, key) !== valueOf(b, key));
    if (all.length === 0) return element('p', { className: 'soft' }, 'Nothing that the files tell is different.');
    const head = ['', a.name, b.name].map((text) => element('th', { scope: 'col' }, text));
    const rows = all.map((key) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, key),
        ...[a, b].map((one) => element('td', {}, valueOf(one, key))),
      ),
    );
    return element(
      'table',
      { className: 'differ' },
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...rows),
    );
  }

  /** @param {string} label @param {HTMLElement} control @param {string} [more] */
  const field = (label, control, more = '') => element('label', { className: `field ${more}` }, label, control);
  /** @param {readonly (readonly [string, string])[]} options @param {string} value @param {(value: string) => void} set */
  function select(options, value, set) {
    const made = element('select', {}, ...options.map(([key, text]) => element('option', { value: key }, text)));
    made.value = value;
    made.onchange = () => {
      set(made.value);
      draw();
    };
    return made;
  }

  const search = element('input', {
    type: 'search',
    value: state.words,
    placeholder: 'words of prompt, model, seed, …',
  });
  search.oninput = () => {
    state.words = search.value;
    draw();
  };
  const axisOptions = /** @type {[string, string][]} */ ([['', '–'], ...axisKeys.map((key) => [key, key])]);
  const axisFields = [
    field(
      'Rows',
      select(axisOptions, state.rows, (value) => (state.rows = value)),
    ),
    field(
      'Columns',
      select(axisOptions, state.columns, (value) => (state.columns = value)),
    ),
  ];
  const viewButtons = ['grid', 'table'].map((view) =>
    element(
      'button',
      {
        type: 'button',
        value: view,
        onclick: () => {
          state.view = view;
          draw();
        },
      },
      view === 'grid' ? 'Grid' : 'Table',
    ),
  );
  const size = element('input', { type: 'range', min: '8', max: '36', value: String(state.size) });
  size.oninput = () => {
    state.size = Number(size.value);
    document.documentElement.style.setProperty('--size', `${size.value}rem`);
    keepAddress();
  };
  const orders = /** @type {[string, string][]} */ ([
    ['newest', 'newest first'],
    ['oldest', 'oldest first'],
    ['name', 'by name'],
  ]);

  const ratios = pictures
    .flatMap(({ width, height }) => (width && height ? [width / height] : []))
    .sort((a, b) => a - b);
  document.documentElement.style.setProperty('--ratio', String(ratios[Math.floor(ratios.length / 2)] ?? 1));
  document.body.append(
    element(
      'header',
      {},
      element('div', { className: 'title' }, element('h1', {}, title), status),
      field('Filter', search, 'wide'),
      field(
        'Order',
        select(orders, state.order, (value) => (state.order = value)),
      ),
      ...axisFields,
      field('Size', size),
      element('div', { className: 'buttons', role: 'group', 'aria-label': 'View' }, ...viewButtons),
    ),
    content,
    tray,
  );
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key !== '/' || isTyping || document.querySelector('dialog') !== null) return;
    event.preventDefault();
    search.focus();
  });
  draw();
  const opened = Number(address.get('picture') ?? NaN);
  if (pictures[opened] !== undefined) openDetail(opened);
  const compared = (address.get('compare') ?? '').split(',').map(Number);
  if (address.has('compare') && compared.every((i) => pictures[i] !== undefined)) {
    for (const i of compared) choose(i, true);
    openCompare();
  }
})();
