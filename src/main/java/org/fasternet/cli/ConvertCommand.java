package org.fasternet.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.internal.io.InputFile;
import org.fasternet.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fasternet convert}. */
@Command(
        name = "convert",
        description = {
            "Writes a checkpoint as safetensors, with the published key names.",
            "Its header keeps the activation, preprocessing and labels, so that the file needs no config.json."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet convert --weights fasternet_t0.pth --output t0.safetensors",
            "  fasternet convert --weights m.ckpt --output m16.safetensors --fold --dtype f16"
        })
final class ConvertCommand extends ModelCommand {
    @Mixin
    private WeightsOption weights;

    @Option(names = "--output", paramLabel = "OUT", required = true, description = "Is written completely or not at all.")
    private Path output;

    @Option(names = "--fold", description = "Fold batch normalisation and layer scale into the convolutions.")
    private boolean fold;

    @Option(names = "--dtype", paramLabel = "f32|f16|bf16", description = "Values are rounded to this type (default: f32).")
    private DType dtype = DType.F32;

    @Override
    public Integer call() {
        Checkpoint checkpoint = modelOptions.read(weights.file());
        OutputFiles.check(output, weights.file());
        int tensors = checkpoint.write(output, fold, dtype);
        report(tensors, InputFile.read(output, size -> size));
        return 0;
    }

    private void report(int tensors, long bytes) {
        String type = dtype.name().toLowerCase(Locale.ROOT);
        if (json) {
            Json.print(Json.object().put("file", output.toString()).put("tensors", tensors).put("bytes", bytes).put("dtype", type)
                    .put("folded", fold), out());
        } else {
            out().println(TextTable.format(
                    "%s: %d tensors, %s%s, %,d bytes", output, tensors, type, fold ? ", folded" : "", bytes));
        }
    }
}
