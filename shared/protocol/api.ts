import type { InferOutput } from 'valibot';
import type * as schemas from './schemas.ts';

/** The types of the HTTP API. Types only: importing this file adds no bytes to a page. */

export type Account = InferOutput<typeof schemas.accountSchema>;
export type Entry = InferOutput<typeof schemas.entrySchema>;
export type EntryItem = InferOutput<typeof schemas.entryItemSchema>;
export type EntryPage = InferOutput<typeof schemas.entryPageSchema>;
export type Member = InferOutput<typeof schemas.memberSchema>;
export type OrderRequest = InferOutput<typeof schemas.orderSchema>;
export type RefundRequest = InferOutput<typeof schemas.refundSchema>;
export type AdjustmentRequest = InferOutput<typeof schemas.adjustmentSchema>;
export type OrderReceipt = InferOutput<typeof schemas.orderReceiptSchema>;
export type RefundReceipt = InferOutput<typeof schemas.refundReceiptSchema>;
export type AdjustmentReceipt = InferOutput<typeof schemas.adjustmentReceiptSchema>;
export type StatementAnswer = InferOutput<typeof schemas.statementAnswerSchema>;
export type TokenAnswer = InferOutput<typeof schemas.tokenAnswerSchema>;
export type CodeRequest = InferOutput<typeof schemas.codeRequestSchema>;
export type CodeAnswer = InferOutput<typeof schemas.codeAnswerSchema>;
export type SurveyResponseRequest = InferOutput<typeof schemas.surveyResponseSchema>;
export type SurveyResponseAnswer = InferOutput<typeof schemas.surveyResponseAnswerSchema>;
export type SurveyResponsePage = InferOutput<typeof schemas.surveyResponsePageSchema>;
export type Problem = InferOutput<typeof schemas.problemSchema>;

export type JoinRequest = InferOutput<typeof schemas.joinSchema>;
export type Profile = InferOutput<typeof schemas.profileSchema>;
export type ConsentRequest = InferOutput<typeof schemas.consentRequestSchema>;
export type ConsentState = InferOutput<typeof schemas.consentStateSchema>;
export type ConfirmationAnswer = InferOutput<typeof schemas.confirmationAnswerSchema>;
export type JoinAnswer = InferOutput<typeof schemas.joinAnswerSchema>;
export type AudiencePage = InferOutput<typeof schemas.audiencePageSchema>;
export type MemberPage = InferOutput<typeof schemas.memberPageSchema>;
export type ExportPage = InferOutput<typeof schemas.exportPageSchema>;
export type ErasureReceipt = InferOutput<typeof schemas.erasureReceiptSchema>;
export type MergeRequest = InferOutput<typeof schemas.mergeSchema>;
export type MergeReceipt = InferOutput<typeof schemas.mergeReceiptSchema>;

export type WebhookEndpoint = InferOutput<typeof schemas.webhookEndpointSchema>;
export type WebhookEndpointRequest = InferOutput<typeof schemas.webhookEndpointRequestSchema>;
export type WebhookEndpointChange = InferOutput<typeof schemas.webhookEndpointChangeSchema>;
export type WebhookEndpointCreated = InferOutput<typeof schemas.webhookEndpointCreatedSchema>;
export type WebhookDelivery = InferOutput<typeof schemas.webhookDeliverySchema>;
export type WebhookDeliveryPage = InferOutput<typeof schemas.webhookDeliveryPageSchema>;
export type WebhookTest = InferOutput<typeof schemas.webhookTestSchema>;

export type WebhookAnswer = InferOutput<typeof schemas.webhookAnswerSchema>;
export type WebhookSource = InferOutput<typeof schemas.webhookSourceSchema>;
export type PrivacyRequestPage = InferOutput<typeof schemas.privacyRequestPageSchema>;

export type EventRequest = InferOutput<typeof schemas.eventSchema>;
export type EventReceipt = InferOutput<typeof schemas.eventReceiptSchema>;
export type QuoteRequest = InferOutput<typeof schemas.quoteRequestSchema>;
export type Quote = InferOutput<typeof schemas.quoteSchema>;
export type TierPin = InferOutput<typeof schemas.tierPinSchema>;
export type TierReceipt = InferOutput<typeof schemas.tierReceiptSchema>;
export type BenefitUse = InferOutput<typeof schemas.benefitUseSchema>;
export type BenefitReceipt = InferOutput<typeof schemas.benefitReceiptSchema>;
export type BenefitList = InferOutput<typeof schemas.benefitListSchema>;
export type ExtensionRequest = InferOutput<typeof schemas.extensionRequestSchema>;
export type ExtensionReceipt = InferOutput<typeof schemas.extensionReceiptSchema>;

export type ProgramVersionItem = InferOutput<typeof schemas.programVersionSchema>;
export type ProgramVersionPage = InferOutput<typeof schemas.programVersionPageSchema>;
export type DryRun = InferOutput<typeof schemas.dryRunSchema>;
export type TierMove = InferOutput<typeof schemas.tierMoveSchema>;
export type TierMovePage = InferOutput<typeof schemas.tierMovePageSchema>;

export type RewardItem = InferOutput<typeof schemas.rewardSchema>;
export type RewardList = InferOutput<typeof schemas.rewardListSchema>;
export type RedemptionRequest = InferOutput<typeof schemas.redemptionRequestSchema>;
export type Redemption = InferOutput<typeof schemas.redemptionSchema>;
export type RedemptionAnswer = InferOutput<typeof schemas.redemptionAnswerSchema>;
export type RedemptionPage = InferOutput<typeof schemas.redemptionPageSchema>;
export type MemberRedemption = InferOutput<typeof schemas.memberRedemptionSchema>;
export type MemberRedemptionPage = InferOutput<typeof schemas.memberRedemptionPageSchema>;
export type FulfilmentChange = InferOutput<typeof schemas.fulfilmentChangeSchema>;
export type CodeCheck = InferOutput<typeof schemas.codeCheckSchema>;
export type CodeCheckAnswer = InferOutput<typeof schemas.codeCheckAnswerSchema>;
export type Coupon = InferOutput<typeof schemas.couponSchema>;
export type CouponList = InferOutput<typeof schemas.couponListSchema>;
export type CouponIssueRequest = InferOutput<typeof schemas.couponIssueSchema>;
export type CouponAnswer = InferOutput<typeof schemas.couponAnswerSchema>;

export type ReferralSignals = InferOutput<typeof schemas.referralSignalsSchema>;
export type ReferralClickAnswer = InferOutput<typeof schemas.referralClickAnswerSchema>;
export type ReferralAccept = InferOutput<typeof schemas.memberReferralSchema>;
export type ReferralItem = InferOutput<typeof schemas.referralItemSchema>;
export type ReferralOverview = InferOutput<typeof schemas.referralSchema>;
export type ReferralDecision = InferOutput<typeof schemas.referralDecisionSchema>;
export type MerchantReferral = InferOutput<typeof schemas.merchantReferralSchema>;
export type MerchantReferralPage = InferOutput<typeof schemas.merchantReferralPageSchema>;
export type ReferralReport = InferOutput<typeof schemas.referralReportSchema>;
export type ChallengeItem = InferOutput<typeof schemas.challengeItemSchema>;
export type ChallengeList = InferOutput<typeof schemas.challengeListSchema>;
export type OccasionItem = InferOutput<typeof schemas.occasionItemSchema>;
export type OccasionList = InferOutput<typeof schemas.occasionListSchema>;
