import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import * as schemas from '../../shared/protocol/schemas.ts';
import type { Schema } from './route.ts';

/** Schemas with a name of their own in the document; what is not here stands where it is used. */
const NAMED: Readonly<Record<string, Schema>> = {
  Account: schemas.accountSchema,
  AdjustmentReceipt: schemas.adjustmentReceiptSchema,
  AdjustmentRequest: schemas.adjustmentSchema,
  BenefitList: schemas.benefitListSchema,
  BenefitReceipt: schemas.benefitReceiptSchema,
  BenefitUse: schemas.benefitUseSchema,
  ChallengeList: schemas.challengeListSchema,
  CodeAnswer: schemas.codeAnswerSchema,
  CodeRequest: schemas.codeRequestSchema,
  ConsentRequest: schemas.consentRequestSchema,
  ConsentState: schemas.consentStateSchema,
  Coupon: schemas.couponSchema,
  DryRun: schemas.dryRunSchema,
  Entry: schemas.entrySchema,
  EntryItem: schemas.entryItemSchema,
  EntryPage: schemas.entryPageSchema,
  ErasureReceipt: schemas.erasureReceiptSchema,
  EventReceipt: schemas.eventReceiptSchema,
  EventRequest: schemas.eventSchema,
  ExportPage: schemas.exportPageSchema,
  ExtensionReceipt: schemas.extensionReceiptSchema,
  ExtensionRequest: schemas.extensionRequestSchema,
  Instant: schemas.instantSchema,
  JoinAnswer: schemas.joinAnswerSchema,
  JoinRequest: schemas.joinSchema,
  Member: schemas.memberSchema,
  MemberPage: schemas.memberPageSchema,
  MemberRedemption: schemas.memberRedemptionSchema,
  MerchantReferral: schemas.merchantReferralSchema,
  MerchantReferralPage: schemas.merchantReferralPageSchema,
  OccasionList: schemas.occasionListSchema,
  OrderReceipt: schemas.orderReceiptSchema,
  OrderRequest: schemas.orderSchema,
  PrivacyRequestPage: schemas.privacyRequestPageSchema,
  Problem: schemas.problemSchema,
  Profile: schemas.profileSchema,
  Program: schemas.programSchema,
  ProgramId: schemas.programIdSchema,
  ProgramVersion: schemas.programVersionSchema,
  ProgramVersionPage: schemas.programVersionPageSchema,
  Quote: schemas.quoteSchema,
  QuoteRequest: schemas.quoteRequestSchema,
  Redemption: schemas.redemptionSchema,
  RedemptionRequest: schemas.redemptionRequestSchema,
  Referral: schemas.referralItemSchema,
  ReferralOverview: schemas.referralSchema,
  ReferralReport: schemas.referralReportSchema,
  ReferralSignals: schemas.referralSignalsSchema,
  RefundReceipt: schemas.refundReceiptSchema,
  RefundRequest: schemas.refundSchema,
  Reward: schemas.rewardSchema,
  ShopId: schemas.shopIdSchema,
  StatementAnswer: schemas.statementAnswerSchema,
  SurveyResponseAnswer: schemas.surveyResponseAnswerSchema,
  SurveyResponsePage: schemas.surveyResponsePageSchema,
  SurveyResponseRequest: schemas.surveyResponseSchema,
  TierMove: schemas.tierMoveSchema,
  TierMovePage: schemas.tierMovePageSchema,
  TierPin: schemas.tierPinSchema,
  TierReceipt: schemas.tierReceiptSchema,
  TokenAnswer: schemas.tokenAnswerSchema,
  WebhookAnswer: schemas.webhookAnswerSchema,
  WebhookDelivery: schemas.webhookDeliverySchema,
  WebhookDeliveryPage: schemas.webhookDeliveryPageSchema,
  WebhookEndpoint: schemas.webhookEndpointSchema,
  WebhookEndpointChange: schemas.webhookEndpointChangeSchema,
  WebhookEndpointCreated: schemas.webhookEndpointCreatedSchema,
  WebhookEndpointList: schemas.webhookEndpointListSchema,
  WebhookEndpointRequest: schemas.webhookEndpointRequestSchema,
  WebhookRotationRequest: schemas.webhookRotationRequestSchema,
  WebhookSource: schemas.webhookSourceSchema,
  WebhookSourceRequest: schemas.webhookSourceRequestSchema,
  WebhookTest: schemas.webhookTestSchema,
};

const CONFIG: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  // Checks that JSON Schema has no word for are told by the problem document.
  errorMode: 'ignore',
  definitions: NAMED as never,
  // In so many words: readers of the document take a shape that says nothing of other fields for a closed one.
  overrideSchema: ({ valibotSchema, jsonSchema }) =>
    valibotSchema.type === 'loose_object' ? { ...jsonSchema, additionalProperties: true } : null,
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
