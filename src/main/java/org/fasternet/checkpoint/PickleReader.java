package org.fasternet.checkpoint;

import static java.util.Map.entry;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.internal.io.MalformedException;

/**
 * Reads the pickle in a PyTorch checkpoint: a stack machine for the opcodes that {@code torch.save} writes (protocols 2 to 5,
 * described in Python's {@code pickletools}), and for no other. A pickle is a program; this one can only build plain values:
 * null, {@link Boolean}, {@link Long}, {@link Double}, {@link String}, {@code byte[]}, {@code Object[]} for a tuple,
 * {@link List}, {@link Map} with scalar keys, {@link PickledTensor}. The classes and functions it may name are the closed list
 * {@link #GLOBALS}; they are words to this reader, nothing is loaded for them.
 */
final class PickleReader {
    /** The functions a pickle may call, each understood here. */
    private enum Function { ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER }

    /** A storage class of PyTorch, which a pickle may only name, by its safetensors dtype. */
    private record StorageType(String dtype) {
    }

    /** Training scripts keep their settings in the same file, as objects of all kinds of classes. */
    private static final String ADVICE = "save the state dict alone: torch.save(model.state_dict(), path)";

    private static final Map<String, Object> GLOBALS = Map.ofEntries(
            entry("collections.OrderedDict", Function.ORDERED_DICT),
            entry("torch._utils._rebuild_tensor_v2", Function.REBUILD_TENSOR),
            entry("torch._utils._rebuild_parameter", Function.REBUILD_PARAMETER),
            entry("torch.FloatStorage", new StorageType("F32")),
            entry("torch.HalfStorage", new StorageType("F16")),
            entry("torch.BFloat16Storage", new StorageType("BF16")),
            entry("torch.DoubleStorage", new StorageType("F64")),
            entry("torch.LongStorage", new StorageType("I64")),
            entry("torch.IntStorage", new StorageType("I32")),
            entry("torch.ShortStorage", new StorageType("I16")),
            entry("torch.CharStorage", new StorageType("I8")),
            entry("torch.ByteStorage", new StorageType("U8")),
            entry("torch.BoolStorage", new StorageType("BOOL")));

    private final ByteBuffer in;
    private final Map<Integer, Object> memo = new HashMap<>();
    /** The stacks that MARK put aside; {@link #stack} is the one in use. */
    private final Deque<List<Object>> marked = new ArrayDeque<>();
    private List<Object> stack = new ArrayList<>();

    private PickleReader(byte[] pickle) {
        in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * @return the value on top of the stack at the end
     * @throws MalformedException if the pickle is damaged or does something other than described above
     * @throws EOFException if it ends early
     */
    static Object read(byte[] pickle) throws IOException {
        PickleReader reader = new PickleReader(pickle);
        int opcode = reader.unsignedByte();
        while (opcode != '.') {
            reader.execute(opcode);
            opcode = reader.unsignedByte();
        }
        return reader.pop();
    }

    private void execute(int opcode) throws IOException {
        switch (opcode) {
            case 0x80 -> checkProtocol(unsignedByte());
            case 0x95 -> take(Long.BYTES); // FRAME: a hint for readers from a stream
            case '(' -> mark();
            case '0' -> pop();
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push((long) unsignedByte());
            case 'M' -> push((long) Short.toUnsignedInt(take(Short.BYTES).getShort()));
            case 'J' -> push((long) take(Integer.BYTES).getInt());
            case 0x8a -> push(bigInteger(unsignedByte()));
            case 'G' -> push(take(Double.BYTES).order(ByteOrder.BIG_ENDIAN).getDouble());
            case 0x8c -> push(string(unsignedByte()));
            case 'X' -> push(string(unsignedInt()));
            case 0x8d -> push(string(take(Long.BYTES).getLong()));
            case 'C' -> push(bytes(unsignedByte()));
            case 'B' -> push(bytes(unsignedInt()));
            case 0x8e -> push(bytes(take(Long.BYTES).getLong()));
            case ']' -> push(new ArrayList<>());
            case 'a' -> append(popLast(1));
            case 'e' -> append(popMark());
            case ')' -> push(new Object[0]);
            case 't' -> push(popMark().toArray());
            case 0x85 -> push(new Object[] {pop()});
            case 0x86 -> pushTuple(2);
            case 0x87 -> pushTuple(3);
            case '}' -> push(new LinkedHashMap<>());
            case 's' -> setItems(popLast(2));
            case 'u' -> setItems(popMark());
            case 'q' -> memo.put(unsignedByte(), top());
            case 'r' -> memo.put((int) unsignedInt(), top());
            case 0x94 -> memo.put(memo.size(), top());
            case 'h' -> push(recall(unsignedByte()));
            case 'j' -> push(recall((int) unsignedInt()));
            case 'c' -> push(global(line(), line()));
            case 0x93 -> pushStackGlobal();
            case 'R' -> call();
            case 'b' -> setState();
            case 'Q' -> push(storage(pop()));
            default -> throw new MalformedException(String.format(
                    "has a pickle with the opcode 0x%02x, which no checkpoint of plain tensors needs; %s", opcode, ADVICE));
        }
    }

    private void checkProtocol(int protocol) throws MalformedException {
        if (protocol < 2 || protocol > 5) {
            throw new MalformedException("has a pickle of protocol " + protocol + "; 2 to 5 is expected");
        }
    }

    // Bytes

    private ByteBuffer take(long count) throws EOFException {
        if (count < 0 || count > in.remaining()) {
            throw new EOFException();
        }
        ByteBuffer taken = in.slice(in.position(), (int) count).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + (int) count);
        return taken;
    }

    private int unsignedByte() throws EOFException {
        return Byte.toUnsignedInt(take(1).get());
    }

    private long unsignedInt() throws EOFException {
        return Integer.toUnsignedLong(take(Integer.BYTES).getInt());
    }

    private byte[] bytes(long count) throws EOFException {
        ByteBuffer taken = take(count);
        byte[] bytes = new byte[taken.remaining()];
        taken.get(bytes);
        return bytes;
    }

    private String string(long count) throws EOFException {
        return new String(bytes(count), StandardCharsets.UTF_8);
    }

    private String line() throws EOFException {
        int length = 0;
        while (length < in.remaining() && in.get(in.position() + length) != '\n') {
            length++;
        }
        String line = string(length);
        take(1);
        return line;
    }

    /** LONG1: two's complement, little-endian. */
    private long bigInteger(int count) throws IOException {
        byte[] digits = bytes(count);
        if (count > Long.BYTES) {
            throw new MalformedException("has a pickle with an integer of " + count + " bytes; at most 8 are expected");
        }
        long value = count > 0 && digits[count - 1] < 0 ? -1 : 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << Byte.SIZE | Byte.toUnsignedInt(digits[i]);
        }
        return value;
    }

    // Stack and memo

    private void push(Object value) {
        stack.add(value);
    }

    private Object top() throws MalformedException {
        return stack.get(lastIndex());
    }

    private Object pop() throws MalformedException {
        return stack.remove(lastIndex());
    }

    private int lastIndex() throws MalformedException {
        if (stack.isEmpty()) {
            throw damaged();
        }
        return stack.size() - 1;
    }

    private List<Object> popLast(int count) throws MalformedException {
        if (stack.size() < count) {
            throw damaged();
        }
        List<Object> last = stack.subList(stack.size() - count, stack.size());
        List<Object> popped = new ArrayList<>(last);
        last.clear();
        return popped;
    }

    private void pushTuple(int count) throws MalformedException {
        push(popLast(count).toArray());
    }

    private void mark() {
        marked.push(stack);
        stack = new ArrayList<>();
    }

    /** What was pushed since the last MARK. */
    private List<Object> popMark() throws MalformedException {
        if (marked.isEmpty()) {
            throw damaged();
        }
        List<Object> popped = stack;
        stack = marked.pop();
        return popped;
    }

    private Object recall(int index) throws MalformedException {
        if (!memo.containsKey(index)) {
            throw damaged();
        }
        return memo.get(index);
    }

    private static MalformedException damaged() {
        return new MalformedException("has a pickle that is damaged: its opcodes do not fit together");
    }

    // Containers

    @SuppressWarnings("unchecked")
    private void append(List<Object> values) throws MalformedException {
        if (!(top() instanceof List<?> list)) {
            throw damaged();
        }
        ((List<Object>) list).addAll(values);
    }

    @SuppressWarnings("unchecked")
    private void setItems(List<Object> keysAndValues) throws MalformedException {
        if (!(top() instanceof Map<?, ?> map) || keysAndValues.size() % 2 != 0) {
            throw damaged();
        }
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            Object key = keysAndValues.get(i);
            // A container as a key would be hashed, and one that holds itself never ends.
            if (!(key instanceof String || key instanceof Number || key instanceof Boolean)) {
                throw new MalformedException("has a pickle with a dict whose key is neither string nor number");
            }
            ((Map<Object, Object>) map).put(key, keysAndValues.get(i + 1));
        }
    }

    // Globals and calls

    private void pushStackGlobal() throws MalformedException {
        List<Object> names = popLast(2);
        if (!(names.get(0) instanceof String module && names.get(1) instanceof String name)) {
            throw damaged();
        }
        push(global(module, name));
    }

    private static Object global(String module, String name) throws MalformedException {
        String qualified = module + "." + name;
        Object global = GLOBALS.get(qualified);
        if (global == null) {
            throw new MalformedException("asks for the class " + MalformedException.quote(qualified)
                    + ", and no class is ever loaded from a checkpoint; " + ADVICE);
        }
        return global;
    }

    private void call() throws MalformedException {
        Object arguments = pop();
        Object function = pop();
        if (!(function instanceof Function called && arguments instanceof Object[] values)) {
            throw damaged();
        }
        push(switch (called) {
            case ORDERED_DICT -> orderedDict(values);
            case REBUILD_TENSOR -> tensor(values);
            case REBUILD_PARAMETER -> parameter(values);
        });
    }

    private static Object orderedDict(Object[] arguments) throws MalformedException {
        if (arguments.length != 0) {
            throw damaged();
        }
        return new LinkedHashMap<>();
    }

    /** {@code _rebuild_tensor_v2(storage, offset, sizes, strides, ...)}: what follows is about gradients. */
    private static Object tensor(Object[] arguments) throws MalformedException {
        if (arguments.length >= 4 && arguments[0] instanceof PickledTensor.Storage storage && arguments[1] instanceof Long offset
                && arguments[2] instanceof Object[] sizes && arguments[3] instanceof Object[] strides) {
            return new PickledTensor(storage, offset, longs(sizes), longs(strides));
        }
        throw damaged();
    }

    /** {@code _rebuild_parameter(tensor, ...)}. */
    private static Object parameter(Object[] arguments) throws MalformedException {
        if (arguments.length >= 1 && arguments[0] instanceof PickledTensor tensor) {
            return tensor;
        }
        throw damaged();
    }

    /** The persistent identifier {@code ("storage", type, key, device, elements)}. */
    private static Object storage(Object identifier) throws MalformedException {
        if (identifier instanceof Object[] parts && parts.length == 5 && "storage".equals(parts[0])
                && parts[1] instanceof StorageType type && parts[2] instanceof String key && parts[4] instanceof Long elements) {
            return new PickledTensor.Storage(type.dtype, key, elements);
        }
        throw damaged();
    }

    private static long[] longs(Object[] values) throws MalformedException {
        if (!Arrays.stream(values).allMatch(Long.class::isInstance)) {
            throw damaged();
        }
        return Arrays.stream(values).mapToLong(Long.class::cast).toArray();
    }

    /** An ordered dict comes with attributes: PyTorch keeps module versions there, which say nothing about the tensors. */
    private void setState() throws MalformedException {
        pop();
        if (!(top() instanceof Map)) {
            throw damaged();
        }
    }
}
