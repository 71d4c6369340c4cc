// A small UI workflow: one empty image, saved.

export const uiWorkflow = {
  version: 0.4,
  nodes: [
    {
      id: 1,
      type: 'EmptyImage',
      outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [1] }],
      widgets_values: [64, 32, 1, 255],
    },
    { id: 2, type: 'SaveImage', inputs: [{ name: 'images', type: 'IMAGE', link: 1 }], widgets_values: ['ui'] },
  ],
  links: [[1, 1, 0, 2, 0, 'IMAGE']],
};
