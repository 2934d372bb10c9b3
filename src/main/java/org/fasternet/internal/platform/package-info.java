/** What the modules of the platforms' native code and the library's module know of each other. */
package org.fasternet.internal.platform;
