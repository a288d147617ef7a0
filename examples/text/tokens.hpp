// What the classifier reads of a text: its words, its pairs of neighbouring words, and the beginnings of its longer
// words. Pairs tell more than words alone, above all the first and the last one of a text; a beginning may be
// known where the word is not. Both are written as words, so that data::Vocabulary numbers them like words:
//
//     "Web server"  ->  web server →web web→server server→ serv∗
#pragma once

#include <string>
#include <vector>
#include <xtape/xtape.hpp>

/// The words of the texts, and the pairs and beginnings that occur twice. The options hold for all of them.
xtape::data::Vocabulary vocabulary_of(const std::vector<std::string>& texts,
                                      const xtape::data::VocabularyOptions& options);
/// A text's words, known or not, and then the pairs and beginnings that the vocabulary knows: for its encode().
std::string tokens_of(const std::string& text, const xtape::data::Vocabulary& vocabulary);
/// The words alone of such tokens.
std::string words_in(const std::string& tokens);
