// Datasets, samplers, loaders, and the readers of their files.
#pragma once

#include "xtape/data/cifar.hpp"
#include "xtape/data/csv.hpp"
#include "xtape/data/dataset.hpp"
#include "xtape/data/digits.hpp"
#include "xtape/data/idx.hpp"
#include "xtape/data/loader.hpp"
#include "xtape/data/mnist.hpp"
#include "xtape/data/sampler.hpp"
#include "xtape/data/split.hpp"
#include "xtape/data/text.hpp"
#include "xtape/data/transforms.hpp"
#include "xtape/data/vocabulary.hpp"
