package org.fasternet.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.fasternet.internal.io.FileVersion;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.internal.io.StoredValues;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Scratch;

/**
 * Reads the zip files that {@code torch.save} writes since PyTorch 1.6: in one folder the pickle {@code data.pkl}, which
 * describes the tensors, and for each storage an entry {@code data/<key>} with its values. Checksums are not compared: PyTorch
 * can be told not to compute them, and does not compare them either.
 */
final class PyTorchReader {
    /**
     * How many times a file's size may be allocated while reading it: f16 doubles, views of one storage are copied, and weights
     * hardly compress. More is a zip bomb.
     */
    private static final int MAX_EXPANSION = 16;
    /** A pickle becomes up to 60 times its size in objects; a tensor takes about 100 bytes of it. */
    private static final int MAX_PICKLE = 4 << 20;
    private static final int MAX_BYTE_ORDER = 16;
    /** Of dicts in dicts: a training script's are three deep at most. */
    private static final int MAX_DEPTH = 8;

    private final ZipFile zip;
    private final Map<String, ZipEntry> entries;
    private final long maxBytes;

    private PyTorchReader(ZipFile zip, long size) throws IOException {
        this.zip = zip;
        this.entries = entries(zip);
        this.maxBytes = size * MAX_EXPANSION;
    }

    static void read(FileVersion file, long size, StateChooser chooser, StateDict dict) throws IOException {
        try (ZipFile zip = new ZipFile(file.path().toFile())) {
            new PyTorchReader(zip, size).read(file, chooser, dict);
        } catch (ZipException e) {
            throw new MalformedException("is a zip file that is truncated or damaged: " + e.getMessage());
        }
    }

    private void read(FileVersion file, StateChooser chooser, StateDict dict) throws IOException {
        checkByteOrder();
        Object root = PickleReader.read(bytes(entry("data.pkl"), MAX_PICKLE));
        if (!(root instanceof Map<?, ?> top)) {
            throw new MalformedException("holds no dict of tensors; save the model's state_dict");
        }
        Map<StoredKey, Object> found = new LinkedHashMap<>();
        collect("", top, 0, Collections.newSetFromMap(new IdentityHashMap<>()), found);
        Map<String, PickledTensor.View> views = views(found, chooser, dict);
        checkMemory(views);
        Map<PickledTensor.Storage, Long> users = views.values().stream()
                .collect(Collectors.groupingBy(PickledTensor.View::storage, Collectors.counting()));
        Map<PickledTensor.Storage, float[]> shared = new HashMap<>();
        Scratch scratch = new Scratch();
        for (Map.Entry<String, PickledTensor.View> named : views.entrySet()) {
            String name = named.getKey();
            PickledTensor.View view = named.getValue();
            float[] values = scratch.array(view.elements());
            if (users.get(view.storage()) == 1) {
                StoredView stored = stored(name, view);
                stored.read(zip, values);
                dict.add(name, view.shape(), values, dst -> file.readAgain(() -> {
                    try (ZipFile again = new ZipFile(file.path().toFile())) {
                        stored.read(again, dst);
                    }
                }));
            } else {
                // Kept, since a file's million views of one large storage must not have it read a million times.
                float[] storage = shared.get(view.storage());
                if (storage == null) {
                    storage = stored(name, view).storage(zip);
                    shared.put(view.storage(), storage);
                }
                float[] kept = storage;
                view.copyTo(values, kept);
                dict.add(name, view.shape(), values, dst -> view.copyTo(dst, kept));
            }
        }
    }

    /** Where a view's values are. */
    private record StoredView(PickledTensor.View view, DType dtype, String entry) {
        void read(ZipFile zip, float[] dst) throws IOException {
            if (view.isWholeStorage()) {
                readStorage(zip, dst);
            } else {
                view.copyTo(dst, storage(zip));
            }
        }

        float[] storage(ZipFile zip) throws IOException {
            float[] values = new float[(int) view.storage().elements()];
            readStorage(zip, values);
            return values;
        }

        private void readStorage(ZipFile zip, float[] dst) throws IOException {
            // Another file may have come in this one's place since its entries were listed.
            try (InputStream in = zip.getInputStream(required(zip.getEntry(entry), entry))) {
                StoredValues.read(in, dtype, dst, (int) view.storage().elements());
            }
        }
    }

    // The zip file

    /** The files by their names below the one folder that all of them are in. */
    private static Map<String, ZipEntry> entries(ZipFile zip) throws IOException {
        Map<String, ZipEntry> entries = new HashMap<>();
        Set<String> folders = new HashSet<>();
        for (ZipEntry entry : list(zip)) {
            String name = entry.getName();
            int slash = name.indexOf('/');
            if (slash <= 0 || !isPlain(name)) {
                throw new MalformedException("is a zip file with an entry " + MalformedException.quote(name)
                        + "; a checkpoint's entries lie in one folder and are named plainly");
            }
            folders.add(name.substring(0, slash));
            if (entries.put(name.substring(slash + 1), entry) != null || folders.size() > 1) {
                throw new MalformedException("is a zip file whose entry " + MalformedException.quote(name)
                        + " is there twice or in a second folder; a checkpoint has one folder");
            }
        }
        return entries;
    }

    private static List<? extends ZipEntry> list(ZipFile zip) throws ZipException {
        try {
            return Collections.list(zip.entries());
        } catch (IllegalArgumentException e) { // How the JDK reports it.
            throw new ZipException("the name or comment of an entry is not UTF-8");
        }
    }

    private static boolean isPlain(String name) {
        return !name.contains("\\") && !name.contains("//") && List.of(name.split("/")).stream()
                .noneMatch(part -> part.equals(".") || part.equals(".."));
    }

    private ZipEntry entry(String name) throws MalformedException {
        return required(entries.get(name), name);
    }

    private static ZipEntry required(ZipEntry entry, String name) throws MalformedException {
        if (entry == null) {
            throw new MalformedException("is a zip file without the entry " + MalformedException.quote(name)
                    + ", so it is no PyTorch checkpoint or a damaged one");
        }
        return entry;
    }

    private byte[] bytes(ZipEntry entry, long limit) throws IOException {
        long size = entry.getSize();
        if (size < 0 || size > Math.min(limit, maxBytes)) {
            throw new MalformedException("is a zip file whose entry " + MalformedException.quote(entry.getName()) + " claims "
                    + size + " bytes; at most " + Math.min(limit, maxBytes) + " are expected");
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readNBytes((int) size);
        }
    }

    private void checkByteOrder() throws IOException {
        if (!entries.containsKey("byteorder")) {
            return; // Written since PyTorch 2.1; before, checkpoints were little-endian.
        }
        String order = new String(bytes(entry("byteorder"), MAX_BYTE_ORDER), StandardCharsets.UTF_8);
        if (!order.equals("little")) {
            throw new MalformedException("has byte order " + MalformedException.quote(order) + "; 'little' is expected");
        }
    }

    // The pickle

    /** All tensors and other values in plain dicts, however deep those lie in each other; a dict counts once. */
    private static void collect(String dict, Map<?, ?> entries, int depth, Set<Object> seen, Map<StoredKey, Object> found) {
        for (Map.Entry<?, ?> entry : entries.entrySet()) {
            String key = entry.getKey().toString();
            Object value = entry.getValue();
            if (value instanceof Map<?, ?> inner && depth < MAX_DEPTH) {
                if (seen.add(inner)) {
                    collect(dict.isEmpty() ? key : dict + "." + key, inner, depth + 1, seen, found);
                }
            } else {
                boolean named = entry.getKey() instanceof String && value instanceof PickledTensor;
                found.put(new StoredKey(dict, key, named ? ((PickledTensor) value).storage().dtype() : StoredKey.NO_TENSOR), value);
            }
        }
    }

    private static Map<String, PickledTensor.View> views(Map<StoredKey, Object> found, StateChooser chooser, StateDict dict)
            throws MalformedException {
        Predicate<StoredKey> own = chooser.choose(List.copyOf(found.keySet()));
        Map<String, PickledTensor.View> views = new LinkedHashMap<>();
        for (Map.Entry<StoredKey, Object> entry : found.entrySet()) {
            StoredKey key = entry.getKey();
            if (!own.test(key)) {
                continue;
            }
            if (!key.isTensor()) {
                throw new MalformedException("has a state dict whose entry " + MalformedException.quote(key.key())
                        + " is no tensor; a dict of tensors, at the top or within other dicts, is expected");
            }
            if (key.isInteger()) {
                dict.addIntegers(key);
            } else if (!key.isIgnored()) {
                views.put(key.key(), ((PickledTensor) entry.getValue()).view(key.key()));
            }
        }
        return views;
    }

    // The values

    private void checkMemory(Map<String, PickledTensor.View> views) throws MalformedException {
        Set<PickledTensor.Storage> storages = new HashSet<>();
        long bytes = 0;
        for (PickledTensor.View view : views.values()) {
            bytes += storages.add(view.storage()) ? view.storage().elements() * Float.BYTES : 0;
            bytes += view.isWholeStorage() ? 0 : (long) view.elements() * Float.BYTES;
        }
        if (bytes > maxBytes) {
            throw new MalformedException("describes tensors that need " + bytes + " bytes; at most " + MAX_EXPANSION
                    + " times the file's size, " + maxBytes + ", are expected");
        }
    }

    private StoredView stored(String name, PickledTensor.View view) throws MalformedException {
        PickledTensor.Storage storage = view.storage();
        DType dtype = StateDictReader.dtype(name, storage.dtype());
        ZipEntry entry = entry("data/" + storage.key());
        if (entry.getSize() != storage.elements() * dtype.bytes()) {
            throw new MalformedException("tensor " + MalformedException.quote(name) + " has a storage of " + storage.elements()
                    + " values of " + dtype + ", and the entry with its values has " + entry.getSize() + " bytes");
        }
        return new StoredView(view, dtype, entry.getName());
    }
}
