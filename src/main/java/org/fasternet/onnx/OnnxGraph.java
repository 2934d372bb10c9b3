package org.fasternet.onnx;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fasternet.internal.Version;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Scratch;
import org.fasternet.tensor.Tensor;

/**
 * An ONNX graph that grows node by node, and the model around it. The numbers are those of the fields and enum values in
 * onnx.proto. A node is added after what it reads; values are called as the node that makes them.
 */
final class OnnxGraph {
    /** The oldest version of the format that may hold opset 17. */
    private static final int IR_VERSION = 8;
    private static final int OPSET = 17;

    private enum ElementType {
        FLOAT(1),
        UINT8(2),
        INT8(3),
        INT32(6),
        INT64(7);

        private final int number;

        ElementType(int number) {
            this.number = number;
        }
    }

    private final ProtoMessage graph = new ProtoMessage().text(2, "fasternet");
    private final Set<String> initializers = new HashSet<>();
    private final Scratch scratch = new Scratch();

    /** Adds a node with one result. Returns the name. */
    String node(String operator, String name, List<String> sources, ProtoMessage... attributes) {
        node(operator, name, sources, List.of(name), attributes);
        return name;
    }

    void node(String operator, String name, List<String> sources, List<String> results, ProtoMessage... attributes) {
        ProtoMessage node = new ProtoMessage();
        sources.forEach(source -> node.text(1, source));
        results.forEach(result -> node.text(2, result));
        node.text(3, name).text(4, operator);
        for (ProtoMessage attribute : attributes) {
            node.message(5, attribute);
        }
        graph.message(1, node);
    }

    static ProtoMessage attribute(String name, int value) {
        return new ProtoMessage().text(1, name).integer(3, value).integer(20, 2);
    }

    static ProtoMessage listAttribute(String name, int... values) {
        ProtoMessage attribute = new ProtoMessage().text(1, name);
        for (int value : values) {
            attribute.integer(8, value);
        }
        return attribute.integer(20, 7);
    }

    /** Adds values that nodes read, asked for when the model is written; of several of one name, the first. Returns the name. */
    String initializer(String name, Tensor values) {
        return initializer(name, tensor(name, ElementType.FLOAT, values.shape()).bytes(9, values, DType.F32, scratch));
    }

    /** Whole numbers from -128 to 127. */
    String bytes(String name, Tensor values) {
        return initializer(name, tensor(name, ElementType.INT8, values.shape()).bytes(9, values, DType.I8, scratch));
    }

    String integers(String name, int... values) {
        ProtoMessage tensor = tensor(name, ElementType.INT32, values.length);
        for (int value : values) {
            tensor.integer(5, value);
        }
        return initializer(name, tensor);
    }

    /** A value of 8 bits without a sign. */
    String unsignedByte(String name, int value) {
        return initializer(name, tensor(name, ElementType.UINT8).integer(5, value));
    }

    String initializer(String name, float[] vector) {
        return initializer(name, new Tensor(new int[] {vector.length}, vector));
    }

    String initializer(String name, float scalar) {
        return initializer(name, new Tensor(new int[] {}, new float[] {scalar}));
    }

    String sizes(String name, int... values) {
        ProtoMessage tensor = tensor(name, ElementType.INT64, values.length);
        for (int value : values) {
            tensor.integer(7, value);
        }
        return initializer(name, tensor);
    }

    private static ProtoMessage tensor(String name, ElementType type, int... shape) {
        ProtoMessage tensor = new ProtoMessage();
        for (int size : shape) {
            tensor.integer(1, size);
        }
        return tensor.integer(2, type.number).text(8, name);
    }

    private String initializer(String name, ProtoMessage tensor) {
        if (initializers.add(name)) {
            graph.message(5, tensor);
        }
        return name;
    }

    int initializers() {
        return initializers.size();
    }

    void input(String name, ProtoMessage... shape) {
        graph.message(11, value(name, shape));
    }

    void output(String name, ProtoMessage... shape) {
        graph.message(12, value(name, shape));
    }

    static ProtoMessage size(int value) {
        return new ProtoMessage().integer(1, value);
    }

    /** A size that is not known before a run; sizes of one name are equal. */
    static ProtoMessage size(String symbol) {
        return new ProtoMessage().text(2, symbol);
    }

    private static ProtoMessage value(String name, ProtoMessage... shape) {
        ProtoMessage sizes = new ProtoMessage();
        for (ProtoMessage size : shape) {
            sizes.message(1, size);
        }
        ProtoMessage tensor = new ProtoMessage().integer(1, ElementType.FLOAT.number).message(2, sizes);
        return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
    }

    /** The ModelProto; the graph is finished with it. */
    ProtoMessage model(Map<String, String> metadata) {
        ProtoMessage model = new ProtoMessage()
                .integer(1, IR_VERSION)
                .message(8, new ProtoMessage().text(1, "").integer(2, OPSET))
                .text(2, "fasternet")
                .text(3, Version.library())
                .message(7, graph);
        metadata.forEach((key, value) -> model.message(14, new ProtoMessage().text(1, key).text(2, value)));
        return model;
    }
}
