package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumberedKeyTest {
    @Test
    void aNumberAndWhatFollowsItsDot() {
        assertEquals(Optional.of(new NumberedKey(0, "blocks.12.mlp")), NumberedKey.stage("stages.0.blocks.12.mlp"));
        assertEquals(Optional.of(new NumberedKey(999_999_999, "")), NumberedKey.stage("stages.999999999."));
        assertEquals(Optional.of(new NumberedKey(7, ".")), NumberedKey.after("", "007.."));
    }

    /** The last with digits of another script. */
    @ParameterizedTest
    @ValueSource(strings = {
        "", "stages.", "stages.1", "stages..x", "stages.1x.y", "stages.-1.x", "stages.+1.x", "stage.1.x", "xstages.1.x",
        "stages.1234567890.x", "stages.99999999999999999999.x", "stages. 1.x", "st", "stages.\u0661.x"})
    void everythingElseHasNone(String key) {
        assertEquals(Optional.empty(), NumberedKey.stage(key));
    }
}
