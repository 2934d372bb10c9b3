package org.fasternet.tools.cli;

import java.util.Collections;
import java.util.Enumeration;
import java.util.Locale;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.fasternet.Library;
import org.fasternet.compute.BackendInfo;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.tensor.DType;
import org.fasternet.tools.bench.peak.NumberType;

/** What help texts list and the library knows: {@code ${bundle:precisions}} and its like, asked for when a text is shown. */
public final class HelpWords extends ResourceBundle {
    private static final Map<String, Supplier<String>> WORDS = Map.of(
            "backends", () -> Library.backends().stream().map(BackendInfo::name).collect(Collectors.joining(", ")),
            "devices", () -> String.join(", ", DeviceFiles.KNOWN),
            "precisions", Precision::known,
            "gpu-precisions", () -> Precision.on(Processor.GPU).stream().map(Precision::id).collect(Collectors.joining(", ")),
            "dtypes", () -> DType.floating().stream().map(type -> type.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", ")),
            "types", () -> NumberType.all().stream().map(NumberType::id).collect(Collectors.joining(", ")));

    @Override
    protected Object handleGetObject(String key) {
        return WORDS.containsKey(key) ? WORDS.get(key).get() : null;
    }

    @Override
    public Enumeration<String> getKeys() {
        return Collections.enumeration(WORDS.keySet());
    }
}
