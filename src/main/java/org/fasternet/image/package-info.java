/**
 * From an image file to the input of a network, as torchvision and PIL do it: {@link org.fasternet.image.Image} reads and
 * resamples 8-bit images, {@link org.fasternet.image.ImagePreprocessor} makes an image the network's input. What a network
 * makes of it is no business of this package.
 */
package org.fasternet.image;
