// What the toolbar can ask for. Each command gets the editor and a value and returns false when it refuses the value.
import { cleanLink } from './sanitise.js';
import { readState } from './state.js';

const toggle = (format, on, off) => (squire) => {
  if (readState(squire)[format]) squire[off]();
  else squire[on]();
};

const list = (kind, make) => (squire) => {
  if (readState(squire).list === kind) squire.removeList();
  else squire[make]();
};

const styled = (property, method) => (squire, value) => {
  if (value && !CSS.supports(property, value)) return false;
  squire[method](value || null);
  return true;
};

const ALIGNMENTS = ['left', 'center', 'right', 'justify'];

/** All commands by name. */
export const COMMANDS = {
  bold: toggle('bold', 'bold', 'removeBold'),
  italic: toggle('italic', 'italic', 'removeItalic'),
  underline: toggle('underline', 'underline', 'removeUnderline'),
  strike: toggle('strike', 'strikethrough', 'removeStrikethrough'),
  color: styled('color', 'setTextColor'),
  highlight: styled('background-color', 'setHighlightColor'),
  fontSize: styled('font-size', 'setFontSize'),
  fontFamily: styled('font-family', 'setFontFace'),
  link: (squire, value) => {
    const address = cleanLink(value ?? '');
    if (address === null) return false;
    squire.makeLink(address);
    return true;
  },
  unlink: (squire) => squire.removeLink(),
  orderedList: list('ordered', 'makeOrderedList'),
  unorderedList: list('unordered', 'makeUnorderedList'),
  quote: (squire) => squire.increaseQuoteLevel(),
  unquote: (squire) => squire.decreaseQuoteLevel(),
  // Outside a list, indenting is quoting: the one kind of indentation that every mail program shows.
  indent: (squire) => (readState(squire).list ? squire.increaseListLevel() : squire.increaseQuoteLevel()),
  outdent: (squire) => (readState(squire).list ? squire.decreaseListLevel() : squire.decreaseQuoteLevel()),
  align: (squire, value) => {
    if (value && !ALIGNMENTS.includes(value)) return false;
    squire.setTextAlignment(value || null);
    return true;
  },
  clear: (squire) => squire.removeAllFormatting(),
  undo: (squire) => squire.undo(),
  redo: (squire) => squire.redo(),
};
