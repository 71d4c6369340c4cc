// What `list recipes` lists. Data: the bundle holds it as it was when it was built, and nothing of what it is made of.
import { familyNames } from '../../recipes/families.ts';

export const recipeNames = familyNames();
