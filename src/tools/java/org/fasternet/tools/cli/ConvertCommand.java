package org.fasternet.tools.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.fasternet.FasterNet;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.internal.io.InputFile;
import org.fasternet.onnx.OnnxWriter;
import org.fasternet.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code fasternet convert}. */
@Command(
        name = "convert",
        description = {
            "Writes a checkpoint as safetensors, with the published key names, or as ONNX, for other runtimes.",
            "A safetensors file keeps the activation, preprocessing and labels in its header and needs no config.json.",
            "An ONNX file is opset 17, f32, batch-norm-folded, for any batch and size; preprocessing and labels are its metadata.",
            "A quantized checkpoint stays one, in ONNX as QuantizeLinear and DequantizeLinear, unless a --dtype is asked for."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet convert --weights fasternet_t0.pth --output t0.safetensors",
            "  fasternet convert --weights m.ckpt --output m16.safetensors --fold --dtype f16",
            "  fasternet convert --weights fasternet_t0.pth --output t0.onnx"
        })
public final class ConvertCommand extends ModelCommand {
    @Mixin
    private WeightsOption weights;

    @Option(names = "--output", paramLabel = "OUT", required = true, description = "Is written completely or not at all.")
    private Path output;

    @Option(names = "--to", paramLabel = "safetensors|onnx",
            description = "The format (default: onnx if OUT ends in .onnx, else safetensors).")
    private Format format;

    @Option(names = "--fold",
            description = "Fold batch normalisation and layer scale into the convolutions; for onnx that is always done.")
    private boolean fold;

    @Option(names = "--dtype", paramLabel = "TYPE",
            description = "Values are rounded to this type: ${bundle:dtypes} (default: f32, or int8 of a quantized checkpoint).")
    private DType dtype;

    private enum Format {
        SAFETENSORS,
        ONNX
    }

    @Override
    public Integer call() {
        if (format == null) {
            format = output.toString().toLowerCase(Locale.ROOT).endsWith(".onnx") ? Format.ONNX : Format.SAFETENSORS;
        }
        if (format == Format.ONNX && dtype != null && dtype != DType.F32) {
            throw new ParameterException(spec.commandLine(), "--dtype is for safetensors: an ONNX file is written in f32");
        }
        Checkpoint checkpoint = modelOptions.read(weights.file());
        OutputFiles.check(output, weights.file());
        boolean int8 = dtype == null && checkpoint.quantization().isPresent();
        fold |= format == Format.ONNX || int8;
        int tensors = write(checkpoint, int8);
        report(tensors, int8 ? "int8" : type().name().toLowerCase(Locale.ROOT), InputFile.read(output, size -> size));
        return 0;
    }

    private DType type() {
        return dtype == null ? DType.F32 : dtype;
    }

    private int write(Checkpoint checkpoint, boolean int8) {
        if (format == Format.ONNX) {
            return OnnxWriter.write(output, FasterNet.of(checkpoint), int8 ? OnnxWriter.Form.INT8 : OnnxWriter.Form.F32);
        }
        return int8 ? checkpoint.writeQuantized(output) : checkpoint.write(output, fold, type());
    }

    private void report(int tensors, String type, long bytes) {
        String to = format.name().toLowerCase(Locale.ROOT);
        if (json) {
            Json.print(Json.object().put("file", output.toString()).put("format", to).put("tensors", tensors).put("bytes", bytes)
                    .put("dtype", type).put("folded", fold), out());
        } else {
            out().println(TextTable.format(
                    "%s: %s, %d tensors, %s%s, %,d bytes", output, to, tensors, type, fold ? ", folded" : "", bytes));
        }
    }
}
