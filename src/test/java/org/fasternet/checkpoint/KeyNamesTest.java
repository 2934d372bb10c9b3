package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyNamesTest {
    private static final KeyNames TIMM = new KeyNames("", true);

    @ParameterizedTest
    @CsvSource({
        "patch_embed.norm.bias, patch_embed.norm.bias",
        "stages.0.blocks.11.mlp.3.weight, stages.0.blocks.11.mlp.3.weight",
        "stages.3.blocks.0.layer_scale, stages.6.blocks.0.layer_scale",
        "stages.1.downsample.reduction.weight, stages.1.reduction.weight",
        "stages.3.downsample.norm.running_var, stages.5.norm.running_var",
        "conv_head.weight, avgpool_pre_head.1.weight",
        "classifier.bias, head.bias"})
    void translatesTimm(String timm, String published) {
        assertEquals(published, TIMM.published(timm));
        assertEquals(timm, TIMM.inFile(published));
    }

    @Test
    void stripsPrefixesThatAllKeysShare() {
        assertEquals("", KeyNames.of(List.of("model.head.bias", "head.bias")).prefix());
        assertEquals("", KeyNames.of(List.of()).prefix());
        assertEquals("model.module.", KeyNames.of(List.of("model.module.head.bias", "model.module.norm0.bias")).prefix());
        KeyNames wrapped = KeyNames.of(List.of("module.conv_head.weight", "module.classifier.bias"));
        assertEquals(new KeyNames("module.", true), wrapped);
        assertEquals("head.bias", wrapped.published("module.classifier.bias"));
        assertEquals("module.stages.1.downsample.norm.bias", wrapped.inFile("stages.1.norm.bias"));
    }

    @Test
    void theNetworkStandsWhereItsPatchEmbeddingStands() {
        KeyNames detector = KeyNames.of(List.of("model.backbone.patch_embed.proj.weight", "model.backbone.norm0.bias", "neck.x"));
        assertEquals(new KeyNames("model.backbone.", false), detector);
        assertEquals("norm0.bias", detector.published("model.backbone.norm0.bias"));
        KeyNames compiled = KeyNames.of(List.of("net._orig_mod.patch_embed.proj.weight", "net._orig_mod.stages.0._orig_mod.x"));
        assertEquals(new KeyNames("net.", false), compiled);
        assertEquals("stages.0.x", compiled.published("net._orig_mod.stages.0._orig_mod.x"));
        assertEquals("a._orig_modb.c", StoredKey.plain("a._orig_modb.c"));
        assertEquals("a.b", StoredKey.plain("_orig_mod._orig_mod.a._orig_mod._orig_mod.b"));
    }

    @Test
    void oneStrayKeyDoesNotChangeTheVocabulary() {
        assertEquals(false, KeyNames.of(List.of("head.weight", "avgpool_pre_head.1.weight", "conv_head.weight")).timm());
        assertEquals(true, KeyNames.of(List.of("classifier.weight", "stages.1.downsample.norm.bias", "head.weight")).timm());
    }
}
