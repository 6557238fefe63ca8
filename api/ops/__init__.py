"""Operations: look (viewer), act (operator), manage (admin). One module a subject."""
