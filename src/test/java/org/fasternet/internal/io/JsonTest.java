package org.fasternet.internal.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
    private static final int DEPTH = 3;

    private static Object parse(String text) throws MalformedException {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8), DEPTH);
    }

    private static String fault(String text) {
        return assertThrows(MalformedException.class, () -> parse(text)).getMessage();
    }

    @Test
    void valuesKeepTheirKindAndOrder() throws MalformedException {
        assertEquals(
                Arrays.asList(1L, Long.MIN_VALUE, new BigInteger("9223372036854775808"), 1.5e3, 100.0, true, null, "a\n\u00e9"),
                parse("[1, -9223372036854775808, 9223372036854775808, 1.5e3, 1E2, true, null, \"a\\n\u00e9\"]"));
        assertEquals("[b, a]", ((Map<?, ?>) parse("{\"b\": 1, \"a\": {}}")).keySet().toString());
        assertNull(parse(" \n"));
    }

    @Test
    void textIsParsedAgain() throws MalformedException {
        String text = "{\"b\":[1,2.5,\"\\\"\",null,false],\"a\":{\"c\":123456789012345678901}}";
        assertEquals(text, Json.text(parse(text)));
        assertEquals("[NaN]", Json.text(List.of(Double.NaN)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "{            | the text ends within a value",
        "{'a':1}      | malformed JSON at line 1 column 3",
        "[1,]         | malformed JSON at line 1 column 5",
        "[01]         | malformed JSON at line 1 column 2",
        "[NaN]        | malformed JSON at line 1 column 2",
        "[True]       | malformed JSON at line 1 column 2",
        "/**/1        | malformed JSON at line 1 column 2",
        "1 2          | malformed JSON at line 1 column 4",
        "{\"a\" 1}    | Expected ':' at line 1 column 7",
        "[\"\\x\"]    | Invalid escape sequence at line 1 column 5",
        "[[[[]]]]     | Nesting limit 3 reached at line 1 column 5",
        "{\"a\":1,\"a\":2} | Duplicate field 'a'",
    })
    void whatIsWrongIsSaidInOneSentence(String text, String sentence) {
        assertEquals(sentence, fault(text));
    }

    @Test
    void aHostileTextDoesNotMakeTheSentenceLong() {
        assertEquals("malformed JSON at line 1 column 100007", fault("{\"" + "k".repeat(100_000) + "\\n\":nul}"));
        assertEquals("Expected ':' at line 1 column 20", fault("{\"malformed JSON\" path }"));
        assertEquals("malformed JSON at line 1 column 2", fault("[" + "9".repeat(100_000) + "]"));
        assertEquals("the text is not UTF-8",
                assertThrows(MalformedException.class, () -> Json.parse(new byte[] {'"', (byte) 0xff, '"'}, DEPTH)).getMessage());
    }
}
