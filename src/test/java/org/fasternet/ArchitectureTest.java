package org.fasternet;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.net.URI;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The layers of the library and its tools, and what their module promises. */
class ArchitectureTest {
    private static final String TOOLS = "org.fasternet.tools";
    private static final String SPARK = "src/spark/src/main/java";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("org.fasternet");
    private static final ModuleDescriptor MODULE = module();

    private static ModuleDescriptor module() {
        // The class path has other modules: ours lies beside our classes.
        Path classes = Path.of(URI.create(Library.class.getProtectionDomain().getCodeSource().getLocation().toString()));
        try (InputStream descriptor = Files.newInputStream(classes.resolve("module-info.class"))) {
            return ModuleDescriptor.read(descriptor);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void everyLayerStandsOnThoseBelow() {
        Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers()
                .layer("tools").definedBy(TOOLS + "..")
                .layer("models").definedBy("org.fasternet", "org.fasternet.onnx", "org.fasternet.quantize")
                .layer("backend").definedBy("org.fasternet.backend..")
                .layer("schedule").definedBy("org.fasternet.schedule")
                .layer("files").definedBy("org.fasternet.checkpoint", "org.fasternet.image", "org.fasternet.array")
                .layer("int8").definedBy("org.fasternet.int8")
                .layer("layer").definedBy("org.fasternet.layer")
                .layer("compute").definedBy("org.fasternet.compute")
                .layer("tensor").definedBy("org.fasternet.tensor")
                .whereLayer("tools").mayNotBeAccessedByAnyLayer()
                .whereLayer("models").mayOnlyBeAccessedByLayers("tools")
                .whereLayer("backend").mayOnlyBeAccessedByLayers("models")
                .whereLayer("schedule").mayOnlyBeAccessedByLayers("backend", "models")
                .whereLayer("files").mayOnlyBeAccessedByLayers("models", "tools")
                .whereLayer("int8").mayOnlyBeAccessedByLayers("schedule", "backend", "models")
                .whereLayer("layer").mayOnlyBeAccessedByLayers("int8", "schedule", "files", "backend", "models", "tools")
                .whereLayer("compute").mayOnlyBeAccessedByLayers("schedule", "backend", "models", "tools")
                .check(CLASSES);
    }

    @Test
    void noPackagesNeedEachOther() {
        SlicesRuleDefinition.slices().assignedFrom(new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
                return SliceIdentifier.of(javaClass.getPackageName());
            }

            @Override
            public String getDescription() {
                return "packages";
            }
        }).should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void backEndsDoNotKnowEachOther() {
        SlicesRuleDefinition.slices().matching("org.fasternet.backend.(*)..").should().notDependOnEachOther()
                .ignoreDependency(DescribedPredicate.alwaysTrue(), resideInAnyPackage("org.fasternet.backend.spi"))
                .check(CLASSES);
    }

    @Test
    void javacppIsTouchedByTheInterfaceToCAndByBackEndsAlone() {
        noClasses().that(resideOutsideOfPackages("org.fasternet.internal.abi..", "org.fasternet.backend.*"))
                .should().dependOnClassesThat().resideInAPackage("org.bytedeco..")
                .check(CLASSES);
    }

    /** So that they are what any application could be, but for what the module exports to them by name. */
    @Test
    void toolsUseWhatIsExported() {
        Set<String> exported = exports(Optional.of(TOOLS));
        classes().that().resideInAPackage(TOOLS + "..").should().onlyDependOnClassesThat(DescribedPredicate.describe(
                "are exported", type -> !ours(type) || type.getPackageName().startsWith(TOOLS) || exported.contains(pkg(type))))
                .check(CLASSES);
    }

    /** It is a build of its own, on a class path that keeps nothing from it. */
    @Test
    void batchInferenceUsesWhatIsExported() throws IOException {
        Set<String> exported = exports(Optional.empty());
        Set<String> hidden = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of(SPARK))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                Files.readAllLines(file).stream().filter(line -> line.startsWith("import org.fasternet."))
                        .map(line -> line.substring("import ".length(), line.length() - 1))
                        .filter(name -> !exported.contains(name.replaceAll("\\.[A-Z].*", "")))
                        .forEach(name -> hidden.add(file.getFileName() + " uses " + name));
            }
        }
        assertEquals(Set.of(), hidden);
    }

    /** What an exported type shows is exported too, and no other library's. */
    @Test
    void signaturesShowWhatIsExported() {
        Set<String> exported = exports(Optional.empty());
        Set<String> hidden = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            if (exported.contains(pkg(type)) && visible(type)) {
                shown(type).flatMap(shown -> shown.getAllInvolvedRawTypes().stream())
                        .map(JavaClass::getBaseComponentType)
                        .filter(raw -> !raw.isPrimitive() && !raw.getPackageName().startsWith("java."))
                        .filter(raw -> !exported.contains(pkg(raw)))
                        .forEach(raw -> hidden.add(type.getName() + " shows " + raw.getName()));
            }
        }
        assertEquals(Set.of(), hidden);
    }

    private static Stream<JavaType> shown(JavaClass type) {
        Stream<JavaType> members = type.getMembers().stream().filter(ArchitectureTest::visible).flatMap(member -> {
            if (member instanceof JavaCodeUnit unit) {
                return Stream.of(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream(),
                        unit.getExceptionTypes().stream().map(JavaType.class::cast)).flatMap(types -> types);
            }
            return member.getAllInvolvedRawTypes().stream();
        });
        return Stream.concat(members, Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream()));
    }

    private static boolean visible(JavaMember member) {
        Set<JavaModifier> modifiers = member.getModifiers();
        return !modifiers.contains(JavaModifier.SYNTHETIC)
                && (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED));
    }

    private static boolean visible(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass().map(ArchitectureTest::visible).orElse(true);
    }

    /** The library's classes are compiled on the class path, which has more than its module requires. */
    @Test
    void theModuleRequiresWhatTheLibraryUsesAndOnlyFlightRecorderMayBeAbsent() {
        assertEquals(List.of("jdk.jfr"), MODULE.requires().stream()
                .filter(needed -> needed.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
                .map(ModuleDescriptor.Requires::name).toList());
        Path[] jars = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> path.endsWith(".jar")).map(Path::of).toArray(Path[]::new);
        List<ModuleReference> modules = new ArrayList<>(ModuleFinder.ofSystem().findAll());
        Arrays.stream(jars).flatMap(jar -> ModuleFinder.of(jar).findAll().stream()).forEach(modules::add);
        Set<String> required = MODULE.requires().stream().map(ModuleDescriptor.Requires::name).collect(Collectors.toSet());
        modules.stream().map(ModuleReference::descriptor).filter(module -> required.contains(module.name()))
                .flatMap(module -> module.requires().stream())
                .filter(needed -> needed.modifiers().contains(ModuleDescriptor.Requires.Modifier.TRANSITIVE))
                .map(ModuleDescriptor.Requires::name).toList().forEach(required::add);
        Set<String> packages = modules.stream().map(ModuleReference::descriptor)
                .filter(module -> required.contains(module.name()))
                .flatMap(module -> module.packages().stream()).collect(Collectors.toSet());
        Set<String> strangers = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            if (!pkg(type).startsWith(TOOLS)) {
                type.getDirectDependenciesFromSelf().stream().map(use -> use.getTargetClass().getBaseComponentType())
                        .filter(used -> !used.isPrimitive() && !ours(used) && !packages.contains(pkg(used)))
                        .forEach(used -> strangers.add(pkg(type) + " uses " + pkg(used)));
            }
        }
        // The module reads this one by itself, where the application brought it.
        strangers.removeIf(use -> use.startsWith("org.fasternet.backend.cudnn uses org.bytedeco.cuda."));
        assertEquals(Set.of(), strangers);
    }

    @Test
    void everyPackageSaysWhatBelongsThere() throws IOException {
        List<Path> silent = new ArrayList<>();
        for (String root : List.of("src/main/java", "src/tools/java", SPARK)) {
            try (Stream<Path> paths = Files.walk(Path.of(root))) {
                for (Path folder : paths.filter(Files::isDirectory).toList()) {
                    boolean hasClasses = Arrays.stream(folder.toFile().list()).anyMatch(name -> name.endsWith(".java"));
                    Path info = folder.resolve("package-info.java");
                    if (hasClasses && !(Files.exists(info) && Files.readString(info).startsWith("/**"))) {
                        silent.add(folder);
                    }
                }
            }
        }
        assertEquals(List.of(), silent);
    }

    private static Set<String> exports(Optional<String> to) {
        return MODULE.exports().stream()
                .filter(export -> !export.isQualified() || to.isPresent() && export.targets().contains(to.get()))
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toSet());
    }

    private static boolean ours(JavaClass type) {
        return pkg(type).equals("org.fasternet") || pkg(type).startsWith("org.fasternet.");
    }

    private static String pkg(JavaClass type) {
        return type.getBaseComponentType().getPackageName();
    }
}
