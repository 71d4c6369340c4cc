// Tests that wait more than they work run side by side: none of them shares a folder or a server with another.
import { test as inTurn } from 'vitest';

export const test = inTurn.concurrent;
