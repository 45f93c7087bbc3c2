import { define } from '../internal/define.ts';
import { LaurelSurvey } from './survey.ts';

define('laurel-survey', LaurelSurvey);

declare global {
  interface HTMLElementTagNameMap {
    'laurel-survey': LaurelSurvey;
  }
}
