/**
 * Reading and writing of files so that every failure is one sentence and no file is left half written. What is in a file is
 * the business of who reads it.
 */
package org.fasternet.internal.io;
