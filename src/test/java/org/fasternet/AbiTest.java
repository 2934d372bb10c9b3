package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.fasternet.internal.abi.Abi;
import org.junit.jupiter.api.Test;

class AbiTest {
    @Test
    void theLibraryLoadsAndAnswers() {
        assertEquals(1, Abi.fn_abi_version());
    }
}
