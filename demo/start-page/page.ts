import { type Html, html } from '../shop/html.ts';

export const startPage = (): Html => html`<!doctype html><title>Laurel</title>`;
