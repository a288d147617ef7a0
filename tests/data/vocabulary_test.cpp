#include "xtape/data/vocabulary.hpp"

#include <algorithm>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_errors;
using testing::TempDir;
using testing::write_file;
using Words = std::vector<std::string>;

const Words pets = {"The cat sat.", "the DOG sat", "a cat, the cat", "bird"};

TEST(WordsOf, AreRunsOfLettersAndDigitsInLowerCase) {  // SEMANTICS [71]
  EXPECT_EQ(words_of("Don't use GNU/Linux 6.1, x86_64!"),
            (Words{"don", "t", "use", "gnu", "linux", "6", "1", "x86", "64"}));
  EXPECT_EQ(words_of("AZ az 09"), (Words{"az", "az", "09"}));
  EXPECT_EQ(words_of("@[`{/:"), Words{}) << "the neighbours of letters and digits";
  EXPECT_EQ(words_of(""), Words{});
  EXPECT_EQ(words_of(" \t\r\n\v\f"), Words{});
  EXPECT_EQ(words_of(std::string("a\0b", 3)), (Words{"a", "b"}));
}

TEST(WordsOf, KeepLettersBeyondAsciiAsTheyAre) {  // SEMANTICS [71]
  EXPECT_EQ(words_of("Übung CAFÉ café"), (Words{"Übung", "cafÉ", "café"}));
  EXPECT_EQ(words_of("日本語 Привет ªµº"), (Words{"日本語", "Привет", "ªµº"}));
}

TEST(WordsOf, EndAtPunctuationBeyondAscii) {  // SEMANTICS [71]
  EXPECT_EQ(words_of("a“b”c—d…e\u00A0f«g»h×i÷j\u3000k。l\u2060m"),
            (Words{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"}));
  EXPECT_EQ(words_of("a\u2070b\u00C0c\u3041d\uFF21"), (Words{"a\u2070b\u00C0c\u3041d\uFF21"}))
      << "the first letters behind";
}

TEST(WordsOf, EndAtEachByteThatIsNoUtf8) {  // SEMANTICS [71]
  EXPECT_EQ(words_of("a\xFF\xFE"
                     "b\xC3"),
            (Words{"a", "b"}));
  EXPECT_EQ(words_of("\xC3(x"), (Words{"x"})) << "a lead byte without its continuation";
  EXPECT_EQ(words_of("a\x80"
                     "b"),
            (Words{"a", "b"}))
      << "a continuation byte alone";
  EXPECT_EQ(words_of("a\xED\xA0\x80"
                     "b"),
            (Words{"a", "b"}))
      << "a surrogate";
  EXPECT_EQ(words_of("a\xC0\xAF"
                     "b"),
            (Words{"a", "b"}))
      << "an overlong form";
}

TEST(Vocabulary, NumbersWordsByFrequencyThenInTheOrderOfTheirBytes) {  // SEMANTICS [71]
  const Vocabulary v = Vocabulary::build(pets);
  EXPECT_EQ(v.size(), 8);
  Words words;
  for (std::int64_t i = 0; i < v.size(); ++i) words.push_back(v.word(i));
  EXPECT_EQ(words, (Words{"<pad>", "<unk>", "cat", "the", "sat", "a", "bird", "dog"}));
  for (std::int64_t i = 2; i < v.size(); ++i) EXPECT_EQ(v.index(v.word(i)), i);
}

TEST(Vocabulary, IsTheSameForTheTextsInAnyOrder) {
  Words reversed = pets;
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(Vocabulary::build(reversed).to_text(), Vocabulary::build(pets).to_text());
}

TEST(Vocabulary, LeavesOutRareWordsAndThoseBeyondItsSize) {
  EXPECT_EQ(Vocabulary::build(pets, {.min_count = 2}).to_text(), "xtape-vocabulary 1 3\ncat\nthe\nsat\n");
  EXPECT_EQ(Vocabulary::build(pets, {.max_size = 4}).to_text(), "xtape-vocabulary 1 2\ncat\nthe\n");
  EXPECT_EQ(Vocabulary::build(pets, {.max_size = 2}).size(), 2);
  EXPECT_EQ(Vocabulary::build({}).size(), 2);
  EXPECT_EQ(Vocabulary().size(), 2);
}

TEST(Vocabulary, TakesWhatItDoesNotKnowForTheUnknownWord) {
  const Vocabulary v = Vocabulary::build(pets);
  EXPECT_EQ(v.index("horse"), Vocabulary::unknown);
  EXPECT_EQ(v.index("Cat"), Vocabulary::unknown) << "words are lower-cased by words_of";
  EXPECT_EQ(v.index(""), Vocabulary::unknown);
  EXPECT_EQ(v.index("<pad>"), Vocabulary::unknown);
  EXPECT_FALSE(v.contains("horse"));
  EXPECT_TRUE(v.contains("cat"));
}

TEST(Vocabulary, NeverHoldsAVeryLongWord) {  // SEMANTICS [71]
  const std::string longest(Vocabulary::longest_word, 'x'), longer = longest + 'x';
  const Vocabulary v = Vocabulary::build({longest + ' ' + longer});
  EXPECT_EQ(v.size(), 3);
  EXPECT_TRUE(v.contains(longest));
  EXPECT_FALSE(v.contains(longer));
}

TEST(Vocabulary, EncodesATextWithPaddingBehindOrItsFirstWords) {
  const Vocabulary v = Vocabulary::build(pets);
  const Tensor x = v.encode("The CAT saw a bird", 7);
  EXPECT_EQ(x.dtype(), int64);
  expect_close(x, {3, 2, 1, 5, 6, 0, 0});
  expect_close(v.encode("The CAT saw a bird", 2), {3, 2});
  expect_close(v.encode("...", 2), {0, 0});
}

TEST(Vocabulary, DecodesNumbersWithoutThePadding) {
  const Vocabulary v = Vocabulary::build(pets);
  EXPECT_EQ(v.decode(v.encode("The CAT saw a bird", 9)), "the cat <unk> a bird");
  EXPECT_EQ(v.decode(zeros({3}, {.dtype = int64})), "");
  EXPECT_EQ(v.decode(tensor({{2, 0}, {7, 0}}).to(int32)), "cat dog");
}

TEST(Vocabulary, CountsTheWordsThatItKnows) {
  const Vocabulary v = Vocabulary::build(pets);
  EXPECT_EQ(v.count_known("The cat, the horse"), 3);
  EXPECT_EQ(v.count_known("horses only"), 0);
  EXPECT_EQ(v.count_known(""), 0);
}

TEST(Vocabulary, IsTheSameAfterAFileAndAText) {
  const TempDir dir;
  const Vocabulary v = Vocabulary::build({"Übung macht den Meister", "日本語"});
  v.save(dir / "words.txt");
  EXPECT_EQ(Vocabulary::load(dir / "words.txt").to_text(), v.to_text());
  EXPECT_EQ(Vocabulary::load(dir / "words.txt").index("日本語"), v.index("日本語"));
  EXPECT_EQ(Vocabulary::from_text(v.to_text()).to_text(), v.to_text());
  EXPECT_EQ(Vocabulary::from_text(Vocabulary().to_text()).size(), 2);
}

TEST(Vocabulary, OutlivesTheOneThatItIsACopyOf) {
  Vocabulary copy;
  {
    const Vocabulary v = Vocabulary::build(pets);
    copy = v;
  }
  EXPECT_EQ(copy.index("cat"), 2);
  EXPECT_EQ(copy.word(2), "cat");
}

TEST(Vocabulary, RefusesADamagedFileWithItsLine) {
  const auto from = [](const char* text) { return [text] { Vocabulary::from_text(text); }; };
  // clang-format off
  expect_errors({
      {"FileError: Vocabulary: line 1 is \"\", expected \"xtape-vocabulary 1 COUNT\"", from("")},
      {"FileError: Vocabulary: line 1 is \"cat\", expected \"xtape-vocabulary 1 COUNT\"", from("cat\ndog\n")},
      {"FileError: Vocabulary: line 1 is \"xtape-vocabulary 2 1\", expected \"xtape-vocabulary 1 COUNT\"", from("xtape-vocabulary 2 1\ncat\n")},
      {"FileError: Vocabulary: line 1 is \"xtape-vocabulary 1 -1\", expected \"xtape-vocabulary 1 COUNT\"", from("xtape-vocabulary 1 -1\n")},
      {"FileError: Vocabulary: line 1 is \"xtape-vocabulary 1 1x\", expected \"xtape-vocabulary 1 COUNT\"", from("xtape-vocabulary 1 1x\ncat\n")},
      {"FileError: Vocabulary: line 1 is \"xtape-vocabulary 1 1\\r\", expected \"xtape-vocabulary 1 COUNT\"", from("xtape-vocabulary 1 1\r\ncat\r\n")},
      {"FileError: Vocabulary: line 1 is \"xtape-vocabulary 1 99999999999999999999\", expected \"xtape-vocabulary 1 COUNT\"", from("xtape-vocabulary 1 99999999999999999999\n")},
      {"FileError: Vocabulary: 10000001 words, at most 10000000 are possible", from("xtape-vocabulary 1 10000001\n")},
      {"FileError: Vocabulary: is truncated: line 1 says 3 words, there are 2", from("xtape-vocabulary 1 3\ncat\ndog\n")},
      {"FileError: Vocabulary: line 3: line 1 says 1 words", from("xtape-vocabulary 1 1\ncat\ndog\n")},
      {"FileError: Vocabulary: line 3: \"\" is not a lower-cased word of at most 128 bytes", from("xtape-vocabulary 1 2\ncat\n\n")},
      {"FileError: Vocabulary: line 2: \"Cat\" is not a lower-cased word of at most 128 bytes", from("xtape-vocabulary 1 1\nCat\n")},
      {"FileError: Vocabulary: line 2: \"a cat\" is not a lower-cased word of at most 128 bytes", from("xtape-vocabulary 1 1\na cat\n")},
      {"FileError: Vocabulary: line 2: \"cat \" is not a lower-cased word of at most 128 bytes", from("xtape-vocabulary 1 1\ncat \n")},
      {"FileError: Vocabulary: line 4: \"cat\" stands on line 2 already", from("xtape-vocabulary 1 3\ncat\ndog\ncat\n")},
      {"FileError: Vocabulary: \"nowhere/words.txt\": No such file or directory", [] { Vocabulary::load("nowhere/words.txt"); }},
  });
  // clang-format on
}

TEST(Vocabulary, NamesTheFileThatItRefuses) {
  const TempDir dir;
  const std::string path = dir / "words.txt";
  write_file(path, "xtape-vocabulary 1 1\n\xFF\n");
  testing::expect_error<FileError>(
      [&path] { Vocabulary::load(path); },
      "Vocabulary: \"" + path + "\": line 2: \"\xEF\xBF\xBD\" is not a lower-cased word of at most 128 bytes");
  write_file(path, "xtape-vocabulary 1 1\n");
  testing::expect_error<FileError>([&path] { Vocabulary::load(path); },
                                   "Vocabulary: \"" + path + "\": is truncated: line 1 says 1 words, there are 0");
}

TEST(Vocabulary, IsReadOrRefusedWhateverBitIsWrong) {
  const TempDir dir;
  const std::string bytes = Vocabulary::build({"é cat cat"}).to_text();
  const auto load = [&dir] { Vocabulary::load(dir / "words.txt"); };
  testing::for_each_truncation(bytes, [&](const std::string& damaged) {
    // Without its last newline a text is whole, and without a part of its last word it looks so.
    testing::loads(dir / "words.txt", damaged, load);
  });
  testing::for_each_flipped_bit(
      bytes, [&](const std::string& damaged, std::size_t) { testing::loads(dir / "words.txt", damaged, load); });
}

TEST(Vocabulary, ThrowsOneClearLine) {
  expect_errors({
      {"ValueError: Vocabulary: max_size = 1; expected 0, for no limit, or at least 2",
       [] { Vocabulary::build({}, {.max_size = 1}); }},
      {"ValueError: Vocabulary: min_count = 0; expected at least 1", [] { Vocabulary::build({}, {.min_count = 0}); }},
      {"ValueError: Vocabulary: length = 0; expected at least 1", [] { Vocabulary().encode("a", 0); }},
      {"IndexError: Vocabulary: word 2 is outside [0, 2)", [] { Vocabulary().word(2); }},
      {"IndexError: Vocabulary: word -1 is outside [0, 2)", [] { Vocabulary().word(-1); }},
      {"IndexError: Vocabulary: index[1] = 2 is outside [0, 2)",
       [] {
         Vocabulary().decode(tensor({0, 2}));
       }},
  });
}

}  // namespace
}  // namespace xtape::data
