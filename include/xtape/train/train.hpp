// Training: the Trainer and what goes with it. Programs include xtape/xtape.hpp, which has all of this.
#pragma once

#include "xtape/train/evaluation.hpp"
#include "xtape/train/history.hpp"
#include "xtape/train/lr_find.hpp"
#include "xtape/train/options.hpp"
#include "xtape/train/progress.hpp"
#include "xtape/train/report.hpp"
#include "xtape/train/sink.hpp"
#include "xtape/train/stop_on_signal.hpp"
#include "xtape/train/trainer.hpp"
