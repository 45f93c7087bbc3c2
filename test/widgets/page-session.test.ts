import { assert } from './support/assert.ts';
import { aJwt, anAccount, FakeApi, PROGRAM } from './support/fake-api.ts';
import { openPage, type PageParts, type ShopPage, shownText, until } from './support/page.ts';

const BADGE = '<laurel-points-badge>Join</laurel-points-badge>';
let page: ShopPage;

async function open(parts: Partial<PageParts> = {}): Promise<Element> {
  page = await openPage({ body: BADGE, ...parts });
  return page.document.querySelector('laurel-points-badge') as Element;
}
const shows = (element: Element, text: string) => until(`shows ${text}`, () => shownText(element) === text);

describe('page session', () => {
  beforeEach(() => sessionStorage.clear());
  afterEach(() => {
    assert.deepEqual(page.errors, []);
    page.close();
  });

  it('shows the number that the server says', async () => {
    await shows(await open(), '1,250 beans');
  });
});
