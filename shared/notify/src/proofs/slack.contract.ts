import type { ChatPostMessageArguments, ChatUpdateArguments, ChatPostEphemeralArguments, ChatDeleteArguments, ViewsOpenArguments } from '@slack/web-api';
import type { ModalView, MessageMetadata, HeaderBlock, SectionBlock, ContextBlock, ActionsBlock, InputBlock, Button, PlainTextInput, PlainTextElement, MrkdwnElement } from '@slack/types';
type Section = Omit<SectionBlock, 'accessory'>;
type Context = Omit<ContextBlock, 'elements'> & { elements: (PlainTextElement | MrkdwnElement)[] };
type Actions = Omit<ActionsBlock, 'elements'> & { elements: Button[] };
type Input = Omit<InputBlock, 'element'> & { element: PlainTextInput };
type Said = HeaderBlock | Section | Context | Actions;
interface Text { channel: string; text: string; parse: 'none'; link_names: false }
export interface PostMessage extends Text { blocks: Said[]; metadata: MessageMetadata; mrkdwn: false; unfurl_links: false; unfurl_media: false; thread_ts?: string; reply_broadcast?: true }
export interface Update extends Text { ts: string; blocks: Said[]; metadata: MessageMetadata }
export interface PostEphemeral extends Text { user: string }
export interface Delete { channel: string; ts: string }
export type View = Omit<ModalView, 'blocks'> & { blocks: (Section | Input)[] };
export interface Open { trigger_id: string; view: View }
export interface ViewAnswer { response_action: 'update'; view: View }
export interface Contract { 'chat.postMessage': PostMessage; 'chat.update': Update; 'chat.postEphemeral': PostEphemeral; 'chat.delete': Delete; 'views.open': Open; answer: ViewAnswer }
// What is narrower here must still be what Slack takes.
export const post = (m: PostMessage): ChatPostMessageArguments => (m.thread_ts === undefined ? { ...m, reply_broadcast: undefined } as unknown as ChatPostMessageArguments : m as never);
export const update = (m: Update): ChatUpdateArguments => m;
export const ephemeral = (m: PostEphemeral): ChatPostEphemeralArguments => m;
export const del = (m: Delete): ChatDeleteArguments => m;
export const open = (m: Open): ViewsOpenArguments => m;
