// What `comfy-gen --help` says. Data: the bundle holds it as it was when it was built, and nothing of what it is made of.
import { frontOf } from './front.ts';

export const shortFront = frontOf(false);
