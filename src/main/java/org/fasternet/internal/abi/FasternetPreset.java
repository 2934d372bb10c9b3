package org.fasternet.internal.abi;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to bind the headers of {@code cpp/include}; the binding is generated as {@code Abi}.
 *
 * <p>{@code preload} with {@code preloadresource} makes the loader take oneDNN's libgomp before ours is looked for, so a
 * process on Linux has one OpenMP runtime whichever library is touched first. Elsewhere ours is linked with none.
 */
@Properties(
        value = @Platform(
                value = {"linux-x86_64", "linux-arm64", "windows-x86_64", "macosx-arm64", "macosx-x86_64"},
                compiler = "cpp17",
                cinclude = {"fasternet.h", "fasternet_measure.h", "fasternet_onednn.h"},
                link = "fasternet",
                preload = "gomp@.1",
                preloadresource = "/org/bytedeco/dnnl/"),
        target = "org.fasternet.internal.abi",
        global = "org.fasternet.internal.abi.Abi")
public class FasternetPreset implements InfoMapper {
    @Override
    public void map(InfoMap infos) {
        infos.put(new Info("FN_API").cppTypes().annotations().cppText(""));
        infos.put(new Info("fn_sequence").pointerTypes("FnSequence"));
        // What copies weights reads Java's arrays themselves, not copies of JNI's; the garbage collector waits meanwhile.
        for (String layer : new String[] {"pixel_conv", "patch_conv", "block", "partial_conv", "pointwise", "output"}) {
            String name = "fn_model_add_" + layer;
            // With a name given, JavaCPP does not take the function's for an attribute's.
            infos.put(new Info(name).javaNames(name).annotations("@CriticalRegion"));
        }
        // The fused engine's handles are addresses, as java.lang.foreign has them; their opaque structs need no classes then.
        infos.put(new Info("fn_model", "fn_program").valueTypes("long").cast());
        infos.put(new Info("fasternet.h").linePatterns("typedef struct fn_(model|program) .*", "").skip());
    }
}
