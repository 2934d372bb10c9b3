package org.fasternet.backend.cudnn;

import org.bytedeco.javacpp.Pointer;

/** An address, of host or device memory, as JavaCPP's functions take it; owns nothing. */
final class At extends Pointer {
    At(long address) {
        this.address = address;
    }
}
