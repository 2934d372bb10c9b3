/** Every exception that the library throws on purpose, each with a sentence for who reads it; nothing that computes. */
package org.fasternet.error;
