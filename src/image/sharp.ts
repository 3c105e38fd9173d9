/** sharp is loaded with the first image, not with the command line: that takes 0.15 s. */
export async function loadSharp() {
  return (await import('sharp')).default;
}
