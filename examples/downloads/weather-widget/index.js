export const sky = () => 'blue'
