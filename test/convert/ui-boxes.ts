// Where the nodes of a UI workflow stand, title bars included.

export type UiBox = {
  readonly id: number;
  readonly pos: readonly [number, number];
  readonly size: readonly [number, number];
};

export function uiNodes(ui: unknown): readonly UiBox[] {
  return (ui as { nodes: UiBox[] }).nodes; // made by toUiWorkflow
}

/** Pairs of nodes that cover each other. */
export function overlaps(ui: unknown): string[] {
  const boxes = uiNodes(ui).map(({ id, pos: [x, y], size: [w, h] }) => ({
    id,
    left: x,
    right: x + w,
    top: y - 30,
    bottom: y + h,
  }));
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.id} and ${b.id}`),
  );
}
