package org.fasternet.checkpoint;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.io.MalformedException;

/**
 * Which of a file's tensors are the network's. A network stands where its patch embedding stands: everything in the same dict
 * under the same prefix is its own, and must fit exactly; what lies outside, as a detector's other parts and an optimizer's state
 * do, is left out and counted. Where there are several, those that fit are looked at; of a network and an average of its weights
 * the network is taken, and what is not decided by this is not guessed.
 */
final class StateSelection {
    private static final String AVERAGE = "(.*[._])?(ema|average|averaged|avg|swa|shadow|teacher)([._].*)?";
    /** A hostile file may have a million. */
    private static final int MOST_PLACES = 64;

    /** @param prefix of every key, of {@link StoredKey#plain}, with its last dot */
    private record Place(String dict, String prefix) {
        // Written out, not the record's own: see LoadedClassesTest.
        @Override
        public boolean equals(Object other) {
            return other instanceof Place place && dict.equals(place.dict) && prefix.equals(place.prefix);
        }

        @Override
        public int hashCode() {
            return 31 * dict.hashCode() + prefix.hashCode();
        }

        /** As {@link StateOrigin#place}. */
        String name() {
            String inDict = prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
            return dict.isEmpty() || inDict.isEmpty() ? dict + inDict : dict + "." + inDict;
        }

        String shown() {
            return name().isEmpty() ? "the top level" : MalformedException.quote(name());
        }

        boolean isAverage() {
            return name().matches(AVERAGE);
        }

        boolean holds(StoredKey key) {
            return key.dict().equals(dict) && StoredKey.plain(key.key()).startsWith(prefix);
        }
    }

    private final List<Place> places;
    private final Collection<StoredKey> keys;
    /** What mmcv calls the averages of weights that it keeps beside them, by dict; made for the first key that may be one. */
    private Map<String, Set<String>> averages;
    private final Place chosen;
    private final List<Place> others = new ArrayList<>();

    private StateSelection(Collection<StoredKey> keys, Optional<String> asked) throws MalformedException {
        this.keys = keys;
        places = new ArrayList<>(places(keys));
        chosen = asked.isPresent() ? asked(asked.get()) : choose();
    }

    /**
     * @param keys all entries of a file
     * @param asked the place to take, as {@link CheckpointOptions#withState} names it
     * @throws MalformedException if there are several to choose from, or not the one asked for
     */
    static StateSelection of(Collection<StoredKey> keys, Optional<String> asked) throws MalformedException {
        return new StateSelection(keys, asked);
    }

    private static Set<Place> places(Collection<StoredKey> keys) throws MalformedException {
        Set<Place> places = new LinkedHashSet<>();
        for (StoredKey key : keys) {
            Optional<String> prefix = KeyNames.prefixOfEmbedding(StoredKey.plain(key.key()));
            if (key.isTensor() && prefix.isPresent()) {
                places.add(new Place(key.dict(), prefix.get()));
                if (places.size() > MOST_PLACES) {
                    throw new MalformedException("has more than " + MOST_PLACES + " patch embeddings: that many networks are"
                            + " not expected in one file");
                }
            }
        }
        return places;
    }

    private Place asked(String name) throws MalformedException {
        List<Place> exact = places.stream().filter(place -> place.name().equals(name)).toList();
        List<Place> found = exact.isEmpty()
                ? places.stream().filter(place -> place.name().startsWith(name + ".")).toList()
                : exact;
        if (found.size() != 1) {
            throw new MalformedException("has " + (found.isEmpty() ? "no network" : "more than one network") + " at "
                    + MalformedException.quote(name) + (places.isEmpty() ? "" : "; there are: " + shown(places)));
        }
        return found.get(0);
    }

    private Place choose() throws MalformedException {
        if (places.isEmpty()) {
            // Whatever is wrong with it, most of the file is meant.
            return keys.stream().filter(key -> key.isTensor() && !key.isIgnored())
                    .collect(Collectors.groupingBy(StoredKey::dict, LinkedHashMap::new, Collectors.counting()))
                    .entrySet().stream().reduce((most, next) -> next.getValue() > most.getValue() ? next : most)
                    .map(most -> new Place(most.getKey(), "")).orElse(new Place("", ""));
        }
        if (places.size() == 1) {
            return places.get(0);
        }
        List<Place> fitting = places.stream().filter(this::fits).toList();
        List<Place> candidates = fitting.isEmpty() ? places : fitting;
        List<Place> originals = candidates.stream().filter(place -> !place.isAverage()).toList();
        if (fitting.size() == 1 || originals.size() == 1 || fitting.isEmpty()) {
            Place best = originals.isEmpty() ? candidates.get(0) : originals.get(0);
            fitting.stream().filter(place -> !place.equals(best)).forEach(others::add);
            return best;
        }
        throw new MalformedException("holds several networks, and which is meant is not said: " + shown(fitting)
                + "; --state, or CheckpointOptions.withState, chooses one");
    }

    private boolean isAverage(StoredKey key) {
        if (!key.key().startsWith("ema_")) {
            return false;
        }
        if (averages == null) {
            averages = new HashMap<>();
            for (StoredKey other : keys) {
                averages.computeIfAbsent(other.dict(), dict -> new HashSet<>()).add("ema_" + other.key().replace('.', '_'));
            }
        }
        return averages.get(key.dict()).contains(key.key());
    }

    private static String shown(List<Place> places) {
        return places.stream().map(Place::shown).collect(Collectors.joining(", "));
    }

    /** Whether what stands there has the keys of a network, no more and no fewer. */
    private boolean fits(Place place) {
        List<StoredKey> own = keys.stream().filter(own(place)).filter(key -> !key.isIgnored()).toList();
        if (!own.stream().allMatch(StoredKey::isTensor)) {
            return false;
        }
        try {
            Set<String> stored = own.stream().map(StoredKey::key).collect(Collectors.toSet());
            KeyNames names = KeyNames.of(stored);
            Set<String> published = stored.stream().map(names::published).collect(Collectors.toSet());
            new KeyCheck(Inference.structure(published).parameters(), names::inFile).keys(published);
            return published.size() == stored.size();
        } catch (ShapeException e) {
            return false;
        }
    }

    /** What stands at a place, and at none below it. */
    private Predicate<StoredKey> own(Place place) {
        List<Place> below = places.stream()
                .filter(other -> !other.equals(place) && other.dict().equals(place.dict())
                        && other.prefix().startsWith(place.prefix()))
                .toList();
        return key -> place.holds(key) && below.stream().noneMatch(other -> other.holds(key))
                && !(place.prefix().isEmpty() && isAverage(key));
    }

    /** What the network is made of, and what of its own does not fit it: all that must be read or refused. */
    Predicate<StoredKey> own() {
        return own(chosen);
    }

    StateOrigin origin() {
        Predicate<StoredKey> own = own();
        Map<String, Integer> leftOut = new LinkedHashMap<>();
        keys.stream().filter(key -> key.isTensor() && !key.isIgnored() && !own.test(key))
                .forEach(key -> leftOut.merge(part(key), 1, Integer::sum));
        return new StateOrigin(chosen.name(), others.stream().map(Place::name).toList(), leftOut);
    }

    /** The first part of a name, beyond what it has in common with the network's own. */
    private String part(StoredKey key) {
        boolean sameDict = key.dict().equals(chosen.dict());
        if (sameDict && isAverage(key)) {
            return "ema";
        }
        String[] parts = (sameDict || key.dict().isEmpty() ? key.key() : key.dict() + "." + key.key()).split("\\.", -1);
        String[] own = (sameDict ? chosen.prefix() : chosen.name()).split("\\.", -1);
        int common = 0;
        while (common < parts.length - 1 && common < own.length && parts[common].equals(own[common])) {
            common++;
        }
        return parts[common];
    }
}
