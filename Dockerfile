# One image for every process; compose.yaml says which command each one runs.
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 VAR_DIR=/var/lib/moulin
WORKDIR /srv/moulin

# The libraries come first, so that a change of code does not install them again.
COPY requirements-pip.txt requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-pip.txt \
    && pip install --no-cache-dir --require-hashes -r requirements.txt \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin moulin \
    && install -d -o moulin -g moulin -m 0700 /var/lib/moulin
COPY . .

USER moulin
CMD ["python", "manage.py", "web", "--host", "0.0.0.0", "--port", "8000"]
