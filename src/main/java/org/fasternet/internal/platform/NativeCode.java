package org.fasternet.internal.platform;

/**
 * A platform's native code as a module: where that module is on the module path, it provides this, so whoever requires the library
 * has it too, with the modules of oneDNN's and JavaCPP's native code, which it requires. Nobody asks for an instance.
 */
public interface NativeCode {}
