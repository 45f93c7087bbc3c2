/** What a member answered. */
export interface SurveyAnswer {
  readonly survey: string;
  /** 0 not at all likely … 10 extremely likely. */
  readonly score: number;
  readonly comment?: string;
  /** Language in which the question was asked. */
  readonly locale: string;
}

/** The member sends an answer. Cancel it to take the answer yourself: the survey then says thank you and sends nothing. */
export class SurveyAnswerEvent extends Event {
  static readonly type = 'laurel-answer';
  readonly answer: SurveyAnswer;

  constructor(answer: SurveyAnswer) {
    super(SurveyAnswerEvent.type, { bubbles: true, composed: true, cancelable: true });
    this.answer = answer;
  }
}

/** The answer has arrived. */
export class SurveyAnsweredEvent extends Event {
  static readonly type = 'laurel-answered';
  readonly answer: SurveyAnswer;

  constructor(answer: SurveyAnswer) {
    super(SurveyAnsweredEvent.type, { bubbles: true, composed: true });
    this.answer = answer;
  }
}
