import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import * as schemas from '../../shared/protocol/schemas.ts';
import type { Schema } from './route.ts';

/** Schemas with a name of their own in the document; what is not here stands where it is used. */
const NAMED: Readonly<Record<string, Schema>> = {
  Account: schemas.accountSchema,
  AdjustmentRequest: schemas.adjustmentSchema,
  AdjustmentReceipt: schemas.adjustmentReceiptSchema,
  ChallengeList: schemas.challengeListSchema,
  CodeAnswer: schemas.codeAnswerSchema,
  CodeRequest: schemas.codeRequestSchema,
  ConsentRequest: schemas.consentRequestSchema,
  ConsentState: schemas.consentStateSchema,
  Entry: schemas.entrySchema,
  EntryItem: schemas.entryItemSchema,
  EntryPage: schemas.entryPageSchema,
  Instant: schemas.instantSchema,
  ErasureReceipt: schemas.erasureReceiptSchema,
  ExportPage: schemas.exportPageSchema,
  JoinAnswer: schemas.joinAnswerSchema,
  JoinRequest: schemas.joinSchema,
  Member: schemas.memberSchema,
  MemberPage: schemas.memberPageSchema,
  MerchantReferral: schemas.merchantReferralSchema,
  MerchantReferralPage: schemas.merchantReferralPageSchema,
  OccasionList: schemas.occasionListSchema,
  OrderReceipt: schemas.orderReceiptSchema,
  OrderRequest: schemas.orderSchema,
  PrivacyRequestPage: schemas.privacyRequestPageSchema,
  Problem: schemas.problemSchema,
  Profile: schemas.profileSchema,
  Program: schemas.programSchema,
  DryRun: schemas.dryRunSchema,
  ProgramId: schemas.programIdSchema,
  ProgramVersion: schemas.programVersionSchema,
  ProgramVersionPage: schemas.programVersionPageSchema,
  TierMove: schemas.tierMoveSchema,
  TierMovePage: schemas.tierMovePageSchema,
  Coupon: schemas.couponSchema,
  MemberRedemption: schemas.memberRedemptionSchema,
  Redemption: schemas.redemptionSchema,
  RedemptionRequest: schemas.redemptionRequestSchema,
  Referral: schemas.referralItemSchema,
  ReferralOverview: schemas.referralSchema,
  ReferralReport: schemas.referralReportSchema,
  ReferralSignals: schemas.referralSignalsSchema,
  RefundReceipt: schemas.refundReceiptSchema,
  Reward: schemas.rewardSchema,
  RefundRequest: schemas.refundSchema,
  ShopId: schemas.shopIdSchema,
  StatementAnswer: schemas.statementAnswerSchema,
  SurveyResponseAnswer: schemas.surveyResponseAnswerSchema,
  SurveyResponsePage: schemas.surveyResponsePageSchema,
  SurveyResponseRequest: schemas.surveyResponseSchema,
  TokenAnswer: schemas.tokenAnswerSchema,
  WebhookAnswer: schemas.webhookAnswerSchema,
  WebhookSource: schemas.webhookSourceSchema,
  WebhookSourceRequest: schemas.webhookSourceRequestSchema,
  WebhookDelivery: schemas.webhookDeliverySchema,
  WebhookDeliveryPage: schemas.webhookDeliveryPageSchema,
  WebhookEndpoint: schemas.webhookEndpointSchema,
  WebhookEndpointChange: schemas.webhookEndpointChangeSchema,
  WebhookEndpointCreated: schemas.webhookEndpointCreatedSchema,
  WebhookEndpointList: schemas.webhookEndpointListSchema,
  WebhookEndpointRequest: schemas.webhookEndpointRequestSchema,
  WebhookRotationRequest: schemas.webhookRotationRequestSchema,
  WebhookTest: schemas.webhookTestSchema,
};

const CONFIG: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  // Checks that JSON Schema has no word for are told by the problem document.
  errorMode: 'ignore',
  definitions: NAMED as never,
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
};

const nameOf = new Map(Object.entries(NAMED).map(([name, schema]) => [schema, name]));

/** A schema as the document shows it: by reference when it has a name. */
export function schemaOf(schema: Schema): JsonSchema {
  const name = nameOf.get(schema);
  return name === undefined ? bodyOf(schema) : { $ref: `#/components/schemas/${name}` };
}

/** `components.schemas`. */
export function namedSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(NAMED).map(([name, schema]) => {
      // Without itself among the definitions, so that it is spelled out once.
      const { [name]: _itself, ...others } = NAMED;
      return [name, bodyOf(schema, { ...CONFIG, definitions: others as never })];
    }),
  );
}

function bodyOf(schema: Schema, config: ConversionConfig = CONFIG): JsonSchema {
  const { $schema: _dialect, $defs: _definitions, ...body } = toJsonSchema(schema as never, config);
  return body;
}
