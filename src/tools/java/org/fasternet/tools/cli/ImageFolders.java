package org.fasternet.tools.cli;

import java.nio.file.Path;
import java.util.List;
import org.fasternet.FasterNet;
import org.fasternet.tools.bench.load.LabelledImage;

/** Images that lie in folders of their classes. */
public final class ImageFolders {
    private ImageFolders() {}

    /**
     * All images in and below a folder, sorted; the folder of each is named as its class, by the label or the number.
     *
     * @throws org.fasternet.error.InvalidFileException if there are none, or a folder is named otherwise
     */
    public static List<LabelledImage> of(Path folder, FasterNet network) {
        ClassNames names = new ClassNames(network.labels(), network.config().numClasses());
        return InputFiles.of(folder.toString(), InputFiles.Kind.IMAGE).stream()
                .map(file -> new LabelledImage(file, names.ofFolder(file)))
                .toList();
    }
}
