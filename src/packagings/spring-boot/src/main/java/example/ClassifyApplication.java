package example;

import java.util.List;
import org.fasternet.Classifier;
import org.fasternet.FasterNet;
import org.fasternet.Prediction;
import org.fasternet.error.InvalidFileException;
import org.fasternet.image.Image;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@SpringBootApplication
public class ClassifyApplication implements AutoCloseable {
    private final Classifier classifier = new Classifier(FasterNet.demo()); // shared by the requests' threads

    public static void main(String[] args) {
        SpringApplication.run(ClassifyApplication.class, args);
    }

    @PostMapping("/classify")
    List<Prediction> classify(@RequestBody byte[] picture) {
        return classifier.classify(Image.decode(picture, "the picture", classifier.channels()), 3);
    }

    @ExceptionHandler
    @ResponseStatus(HttpStatus.BAD_REQUEST)
    String refused(InvalidFileException e) {
        return e.getMessage();
    }

    @Override
    public void close() { // by Spring, at the end
        classifier.close();
    }
}
