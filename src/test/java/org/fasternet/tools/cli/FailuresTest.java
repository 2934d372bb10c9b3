package org.fasternet.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.fasternet.error.UnsupportedException;
import org.junit.jupiter.api.Test;

class FailuresTest {
    @Test
    void ourMessagesStandForThemselvesOnOneLine() {
        assertEquals("a b c", Failures.sentence(new UnsupportedException(" a\n  b\r\nc\n")));
    }

    @Test
    void theUnexpectedIsNamed() {
        String where = " (FASTERNET_DEBUG=1 shows where)";
        assertEquals("unexpected IllegalStateException: odd" + where, Failures.sentence(new IllegalStateException("odd")));
        assertEquals("unexpected StackOverflowError: no message" + where, Failures.sentence(new StackOverflowError()));
    }
}
