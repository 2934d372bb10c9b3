package org.fasternet.internal.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.fasternet.Classifier;
import org.fasternet.FasterNet;
import org.fasternet.TestFiles;
import org.fasternet.image.Image;
import org.junit.jupiter.api.Test;

/** What GraalVM's native-image is told against what the classes do; no image is built here, for there is no GraalVM. */
class ReachabilityMetadataTest {
    private static final String FOLDER = "/META-INF/native-image/org.fasternet/fasternet/";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/") && !location.contains("/tools/"))
            .importPackages("org.fasternet");

    private final JsonNode metadata = json("reachability-metadata.json");

    private static JsonNode json(String name) {
        URL file = ReachabilityMetadataTest.class.getResource(FOLDER + name);
        assertNotNull(file, name);
        try {
            return new ObjectMapper().readTree(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Set<String> values(JsonNode array, String field) {
        return StreamSupport.stream(array.spliterator(), false).map(node -> node.get(field).textValue())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Loads the library itself, and writes down which of its files that are no classes are asked for and found. */
    private static final class Recording extends URLClassLoader {
        private final Set<String> found = new TreeSet<>();

        private Recording() {
            super(Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator)).map(Recording::url)
                    .toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        }

        private static URL url(String entry) {
            try {
                return Path.of(entry).toUri().toURL();
            } catch (MalformedURLException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public URL findResource(String name) {
            URL resource = super.findResource(name);
            if (resource != null && name.startsWith("org/fasternet/") && !name.endsWith(".class")
                    && resource.getPath().contains(".")) {
                found.add(name);
            }
            return resource;
        }
    }

    /** What an application does, in classes of that loader's. */
    public static final class Application implements Runnable {
        @Override
        public void run() {
            for (FasterNet model : List.of(FasterNet.demo(), FasterNet.demoQuantized())) {
                try (Classifier classifier = new Classifier(model)) {
                    classifier.classify(Image.read(TestFiles.resource("demo", "images", "bag.png"), classifier.channels()), 1);
                }
            }
        }
    }

    @Test
    void everyFileThatIsReadIsTakenAlong() throws Exception {
        Set<String> globs = values(metadata.get("resources"), "glob");
        try (Recording loader = new Recording()) {
            ((Runnable) loader.loadClass(Application.class.getName()).getDeclaredConstructor().newInstance()).run();
            assertTrue(loader.found.stream().anyMatch(name -> name.startsWith("org/fasternet/demo/")), loader.found::toString);
            for (String name : loader.found) {
                assertTrue(globs.stream().anyMatch(glob -> matches(glob, name)), name + " is none of " + globs);
            }
        }
        for (String file : List.of("dense.cu", "device.cuh", "embed.cu", "kernels.cu", "mlp.cu", "peaks.cu")) {
            String kernels = "org/fasternet/backend/cudnn/" + file;
            assertTrue(globs.contains(kernels) && getClass().getResource("/" + kernels) != null, globs::toString);
        }
    }

    private static boolean matches(String glob, String name) {
        return FileSystems.getDefault().getPathMatcher("glob:" + glob).matches(Path.of(name));
    }

    /** A class looked up by a name that is a constant is found by native-image itself; others must be listed. */
    @Test
    void everyClassLookedUpByItsNameIsListed() throws ReflectiveOperationException {
        Set<String> callers = CLASSES.stream().flatMap(c -> c.getMethodCallsFromSelf().stream())
                .filter(call -> call.getTargetOwner().getName().equals("java.lang.Class") && call.getName().equals("forName"))
                .map(call -> call.getOriginOwner().getSimpleName()).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of("Bindings", "ImageFormat", "NativeLibrary"), callers);
        assertEquals(imageReaders(), values(metadata.get("reflection"), "type"));
    }

    private static Set<String> imageReaders() throws ReflectiveOperationException {
        Class<?> format = Class.forName("org.fasternet.image.ImageFormat");
        Field provider = format.getDeclaredField("provider");
        provider.setAccessible(true);
        Set<String> names = new TreeSet<>();
        for (Object constant : format.getEnumConstants()) {
            names.add((String) provider.get(constant));
        }
        return names;
    }

    /** JavaCPP writes this one. */
    @Test
    void everyClassWithNativeMethodsIsListedForJni() {
        Set<String> natives = CLASSES.stream()
                .filter(c -> c.getMethods().stream().anyMatch(m -> m.getModifiers().contains(JavaModifier.NATIVE)))
                .map(JavaClass::getName).collect(Collectors.toCollection(TreeSet::new));
        assertTrue(natives.contains(Abi.class.getName()), natives::toString);
        for (String kind : List.of("jni", "reflect")) {
            Set<String> listed = values(json("jniAbi/" + kind + "-config.json"), "name");
            assertTrue(listed.containsAll(natives), listed::toString);
        }
    }
}
