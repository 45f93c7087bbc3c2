// What makes the shop feel quick: forms answer in place. Without this script each of them is a plain form.

const { lang } = document.documentElement;

/** Tells the shopper, and screen readers, what has just happened. */
function say(text) {
  const status = document.querySelector('[data-status]');
  if (!status) return;
  status.textContent = text;
  status.dataset.shown = '';
  clearTimeout(say.timer);
  say.timer = setTimeout(() => delete status.dataset.shown, 4_000);
}

function showCartCount(count) {
  for (const place of document.querySelectorAll('[data-cart-count]')) {
    place.textContent = count > 0 ? new Intl.NumberFormat(lang).format(count) : '';
  }
}

const answers = {
  add(_form, { cartCount, message }) {
    showCartCount(cartCount);
    say(message);
  },

  buy(_form, { order, cartCount }) {
    showCartCount(cartCount);
    const main = document.querySelector('main');
    const page = document.querySelector('#order-placed').content.cloneNode(true);
    for (const place of page.querySelectorAll('[data-order]')) place.textContent = order[place.dataset.order];
    page.querySelector('[data-order-link]').href = order.url;
    main.replaceChildren(page);
    history.replaceState(null, '', order.url);
    document.title = order.title;
    scrollTo({ top: 0 });
    main.querySelector('h1').focus();
    globalThis.laurel?.refresh();
  },

  return(form, { returnedSkus, isWhole, message }) {
    const order = form.closest('[data-order-card]');
    for (const line of order.querySelectorAll('[data-line]')) {
      if (returnedSkus.includes(line.dataset.line)) line.dataset.returned = '';
    }
    if (isWhole) order.dataset.returned = '';
    say(message);
    globalThis.laurel?.refresh();
  },
};

document.addEventListener('submit', async (event) => {
  const form = event.target;
  const answer = answers[form.dataset.live];
  if (!answer) return;
  event.preventDefault();
  if (form.ariaBusy === 'true') return;
  form.ariaBusy = 'true';
  try {
    const response = await fetch(form.action, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(new FormData(form, event.submitter)),
    });
    if (!response.ok) throw new Error(`${form.action} answered ${response.status}`);
    answer(form, await response.json());
  } catch {
    say(document.body.dataset.failed);
  } finally {
    form.ariaBusy = null;
  }
});

for (const select of document.querySelectorAll('[data-submit-on-change]')) {
  select.addEventListener('change', () => select.form.requestSubmit());
}
